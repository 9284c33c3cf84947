// SPDX-License-Identifier: GPL-2.0-or-later
//
// The life of Hyperstack's virtual machines, by providers/hyperstack.md 2.4 and 2.5.
#include <string>
#include <vector>

#include "tests/sim/hyperstack_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using World = HyperstackWorld;

// "ACTIVE RUNNING active", with "-" for null.
std::string states(World& world, const std::string& id) {
  const Json machine = world.machine(id);
  std::string text = World::text(machine, "status");
  for (const char* key : {"power_state", "vm_state"})
    text += " " + (machine.get(key).is_null() ? "-" : World::text(machine, key));
  return text;
}

// "ATTACHED 127.", with "null" for null.
std::string floating_ip(World& world, const std::string& id) {
  const Json machine = world.machine(id);
  const Json address = machine.get("floating_ip");
  return World::text(machine, "floating_ip_status") + " " +
         (address.is_null() ? "null" : address.as_string().value_or("none").substr(0, 4));
}

std::vector<std::string> reasons(World& world, const std::string& id) {
  const Json events = world.get("/core/virtual-machines/" + id + "/events").get("instance_events");
  std::vector<std::string> list;
  for (std::size_t i = 0; i < events.size(); ++i)
    list.push_back(World::text(events.at(i), "reason"));
  return list;
}

void machine_is_created_built_and_active(void**) {
  World world;
  const std::string id = world.launch();
  assert_string_equal(states(world, id).c_str(), "CREATING - -");
  world.advance(24);
  assert_string_equal(states(world, id).c_str(), "CREATING - -");
  assert_true(world.machine(id).get("fixed_ip").is_null());
  world.advance(1);
  assert_string_equal(states(world, id).c_str(), "BUILD - -");
  assert_true(World::text(world.machine(id), "fixed_ip").rfind("127.", 0) == 0);
  assert_int_equal(world.machine(id).get("security_rules").size(), 0);
  world.advance(75);
  assert_string_equal(states(world, id).c_str(), "ACTIVE RUNNING active");
  assert_int_equal(world.machine(id).get("security_rules").size(), 2);  // all that goes out
  assert_string_equal(floating_ip(world, id).c_str(), "NO FLOATING IP null");
}

void deletion_waits_for_the_creation_and_shows_for_a_while(void**) {
  World world;
  const std::string id = world.launch();
  const Served early = world.call("DELETE", "/core/virtual-machines/" + id);
  assert_string_equal(World::error(early).c_str(), "400 bad_request");
  assert_string_equal(
      World::text(World::json(early), "message").c_str(),
      "VM gpu is currently being created and cannot be deleted yet. Please wait until the creation "
      "process is finished before attempting deletion.");
  world.advance(100);
  const Served accepted = world.call("DELETE", "/core/virtual-machines/" + id);
  assert_string_equal(accepted.answer.body.c_str(),
                      R"({"status":true,"message":"Instance is being deleted."})");
  assert_string_equal(states(world, id).c_str(), "DELETING RUNNING active");
  assert_string_equal(world.remove(id).c_str(), "200 none");
  assert_string_equal(world.act(id, "stop").c_str(), "400 bad_request");
  world.advance(9);
  assert_int_equal(world.get(World::kMachines).integer("count").value_or(-1), 1);
  world.advance(1);
  assert_int_equal(world.get(World::kMachines).integer("count").value_or(-1), 0);
  const Served gone = world.call("GET", "/core/virtual-machines/" + id);
  assert_string_equal(World::error(gone).c_str(), "404 not_found");
  assert_string_equal(World::text(World::json(gone), "message").c_str(),
                      ("VM " + id + " does not exists.").c_str());
  assert_string_equal(world.remove(id).c_str(), "404 not_found");
}

void machine_that_is_being_built_can_be_deleted(void**) {
  World world;
  const std::string id = world.launch();
  world.advance(25);
  assert_string_equal(world.remove(id).c_str(), "200 none");
  world.advance(10);
  assert_string_equal(world.act(id, "").c_str(), "404 not_found");
  assert_int_equal(world.cost(), 0);
}

void floating_ip_comes_after_the_machine(void**) {
  World world;
  const std::string id = world.launch(R"("assign_floating_ip":true)");
  world.advance(99);
  assert_string_equal(floating_ip(world, id).c_str(), "NO FLOATING IP null");
  world.advance(1);
  assert_string_equal(world.status(id).c_str(), "ACTIVE");
  assert_string_equal(floating_ip(world, id).c_str(), "ATTACHING ");
  world.advance(7);
  assert_string_equal(floating_ip(world, id).c_str(), "ATTACHING ");
  world.advance(1);
  assert_string_equal(floating_ip(world, id).c_str(), "ATTACHED 127.");
  assert_string_equal(World::text(world.machine(id), "port_randomization_status").c_str(),
                      "ENABLED");
}

void machine_in_error_gets_no_floating_ip(void**) {
  World world;
  const char* rule = R"([{"match":{"machine":"next"},"do":"fails"}])";
  assert_int_equal(world.change("/sim/faults", rule), 200);
  const std::string id = world.launch(R"("assign_floating_ip":true)");
  world.advance(200);
  assert_string_equal(states(world, id).c_str(), "ERROR - -");
  assert_string_equal(floating_ip(world, id).c_str(), "NO FLOATING IP null");
  assert_int_equal(world.cost(), 0);
}

void floating_ip_is_attached_and_detached(void**) {
  World world;
  const auto move = [&](const std::string& id, const char* what) {
    return World::error(world.call("POST", "/core/virtual-machines/" + id + "/" + what));
  };
  const std::string id = world.launch();
  assert_string_equal(move(id, "attach-floatingip").c_str(), "400 bad_request");
  world.advance(100);
  assert_string_equal(move(id, "detach-floatingip").c_str(), "400 bad_request");
  assert_string_equal(move(id, "attach-floatingip").c_str(), "200 none");
  assert_string_equal(floating_ip(world, id).c_str(), "ATTACHING ");
  assert_string_equal(move(id, "attach-floatingip").c_str(), "400 bad_request");
  assert_string_equal(move(id, "detach-floatingip").c_str(), "400 bad_request");
  world.advance(8);
  assert_string_equal(floating_ip(world, id).c_str(), "ATTACHED 127.");
  assert_string_equal(move(id, "detach-floatingip").c_str(), "200 none");
  assert_string_equal(floating_ip(world, id).c_str(), "DETACHING 127.");
  world.advance(8);
  assert_string_equal(floating_ip(world, id).c_str(), "DETACHED null");
  assert_string_equal(move(id, "attach-floatingip").c_str(), "200 none");
  assert_string_equal(move("7", "attach-floatingip").c_str(), "404 not_found");
}

void floating_ip_needs_credit(void**) {
  World world(R"("credit_cents":2000)");
  const std::string id = world.active();
  const std::string path = "/core/virtual-machines/" + id + "/attach-floatingip";
  world.advance(60);
  const Served served = world.call("POST", path);
  assert_string_equal(World::error(served).c_str(), "402 none");
  assert_string_equal(World::text(World::json(served), "message").c_str(),
                      "Insufficient balance to create the resource");
}

void stopped_machine_is_shut_off_and_billed(void**) {
  World world;
  const std::string id = world.active();
  world.advance(60);
  assert_int_equal(world.cost(), minutes(1));
  const Served stopped = world.call("GET", "/core/virtual-machines/" + id + "/stop");
  assert_string_equal(World::text(World::json(stopped), "message").c_str(),
                      "VM gpu is scheduled to stop.");
  assert_string_equal(states(world, id).c_str(), "STOPPING RUNNING active");
  for (const char* what : {"start", "stop", "hard-reboot", "hibernate", "hibernate-restore"})
    assert_string_equal(world.act(id, what).c_str(), "400 bad_request");
  world.advance(20);
  assert_int_equal(world.cost(), minutes(1));  // a machine between two states is free
  assert_string_equal(states(world, id).c_str(), "SHUTOFF SHUTDOWN stopped");
  world.advance(60);
  assert_int_equal(world.cost(), minutes(2));
  assert_string_equal(world.act(id, "stop").c_str(), "400 bad_request");
  assert_string_equal(world.act(id, "start").c_str(), "200 none");
  assert_string_equal(states(world, id).c_str(), "STARTING SHUTDOWN stopped");
  world.advance(20);
  assert_string_equal(states(world, id).c_str(), "ACTIVE RUNNING active");
  assert_int_equal(world.cost(), minutes(2));
  assert_string_equal(world.act(id, "start").c_str(), "400 bad_request");
}

void machine_reboots(void**) {
  World world;
  const std::string id = world.active();
  assert_string_equal(world.act(id, "hard-reboot").c_str(), "200 none");
  assert_string_equal(states(world, id).c_str(), "HARD_REBOOT RUNNING active");
  assert_string_equal(world.remove("7").c_str(), "404 not_found");
  world.advance(20);
  assert_string_equal(world.status(id).c_str(), "ACTIVE");
}

void machine_in_error_is_free_until_it_is_rebooted(void**) {
  World world;
  const std::string id = world.active();
  const std::string rule = R"([{"match":{"machine":")" + id + R"("},"do":"dies"}])";
  world.advance(60);
  assert_int_equal(world.change("/sim/faults", rule), 200);
  assert_string_equal(states(world, id).c_str(), "ERROR - -");
  world.advance(3600);
  assert_int_equal(world.cost(), minutes(1));
  assert_string_equal(world.act(id, "hard-reboot").c_str(), "200 none");
  world.advance(20);
  assert_string_equal(world.status(id).c_str(), "ACTIVE");
  world.advance(60);
  assert_int_equal(world.cost(), minutes(2));
}

void hibernated_machine_is_free_and_gives_its_hardware_back(void**) {
  World world;
  const std::string id = world.active(R"("count":1,"assign_floating_ip":true)");
  const std::string kept = world.active(R"("assign_floating_ip":true)");
  world.advance(8);
  assert_string_equal(world.act(id, "hibernate").c_str(), "200 none");
  assert_string_equal(world.act(kept, "hibernate?retain_ip=true").c_str(), "200 none");
  assert_string_equal(states(world, id).c_str(), "HIBERNATING RUNNING active");
  const Served early = world.call("GET", "/core/virtual-machines/" + id + "/hibernate-restore");
  assert_string_equal(World::text(World::json(early), "message").c_str(),
                      "The VM hibernation process is still going on. Please try later.");
  world.advance(20);
  assert_string_equal(states(world, id).c_str(), "HIBERNATED SHUTDOWN shelved_offloaded");
  assert_string_equal(floating_ip(world, id).c_str(), "NO FLOATING IP null");
  assert_string_equal(floating_ip(world, kept).c_str(), "ATTACHED 127.");
  const std::int64_t cost = world.cost();
  world.advance(3600);
  assert_int_equal(world.cost(), cost);

  const Json others =
      World::json(world.call("POST", World::kMachines, World::launch_body(R"("count":3)")));
  assert_int_equal(others.get("instances").size(), 3);
  const Served refused = world.call("GET", "/core/virtual-machines/" + id + "/hibernate-restore");
  assert_string_equal(World::text(World::json(refused), "message").c_str(), "Insufficient stock");
  world.advance(100);
  const auto other = others.get("instances").at(0).integer("id");
  assert_string_equal(world.remove(std::to_string(other.value_or(0))).c_str(), "200 none");
  world.advance(10);
  assert_string_equal(world.act(id, "hibernate-restore").c_str(), "200 none");
  assert_string_equal(states(world, id).c_str(), "RESTORING SHUTDOWN shelved_offloaded");
  world.advance(20);
  assert_string_equal(states(world, id).c_str(), "ACTIVE RUNNING active");
}

void some_flavors_do_not_hibernate(void**) {
  World world;
  for (const char* flavor : {"n3-H100x1-bigroot", "n1-cpu-small"}) {
    const std::string id = world.active(std::string("\"flavor_name\":\"") + flavor + "\"");
    assert_string_equal(world.act(id, "hibernate").c_str(), "400 compatibility_blocked");
  }
}

void labels_are_replaced(void**) {
  World world;
  const std::string id = world.launch(R"("labels":["a","b"])");
  const std::string path = "/core/virtual-machines/" + id + "/label";
  const Served served = world.call("PUT", path, R"({"labels":["c=d"]})");
  assert_string_equal(World::text(World::json(served), "message").c_str(),
                      R"(labels for VM gpu is set to: ["c=d"])");
  assert_string_equal(world.machine(id).get("labels").dump().c_str(), R"(["c=d"])");
  assert_int_equal(world.call("PUT", path, R"({"labels":[]})").answer.status, 200);
  for (const char* body : {"", "{}", R"({"labels":"a"})", R"({"labels":[1]})", R"(["a"])"})
    assert_int_equal(world.call("PUT", path, body).answer.status, 400);
  assert_int_equal(world.machine(id).get("labels").size(), 0);
  assert_int_equal(world.call("PUT", "/core/virtual-machines/7/label", "{}").answer.status, 404);
}

void events_tell_the_life(void**) {
  World world;
  const std::string id = world.launch();
  assert_true(reasons(world, id) == std::vector<std::string>{"InstanceCreationRequest"});
  world.advance(100);
  assert_string_equal(world.act(id, "stop").c_str(), "200 none");
  world.advance(30);
  assert_string_equal(world.remove(id).c_str(), "200 none");
  const std::vector<std::string> all = {"InstanceCreationRequest",
                                        "InstanceCreationSuccess",
                                        "InstanceSTOPPING",
                                        "InstanceDeletionRequest"};
  assert_true(reasons(world, id) == all);
  assert_string_equal(World::error(world.call("GET", "/core/virtual-machines/7/events")).c_str(),
                      "404 not_found");
}

void preempted_machine_is_deleted_and_gone(void**) {
  World world;
  const std::string id = world.active();
  const std::string rule = R"([{"match":{"machine":")" + id + R"("},"do":"preempted"}])";
  assert_int_equal(world.change("/sim/faults", rule), 200);
  assert_string_equal(world.status(id).c_str(), "DELETING");
  world.advance(10);
  assert_string_equal(world.act(id, "").c_str(), "404 not_found");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(machine_is_created_built_and_active),
      cmocka_unit_test(deletion_waits_for_the_creation_and_shows_for_a_while),
      cmocka_unit_test(machine_that_is_being_built_can_be_deleted),
      cmocka_unit_test(floating_ip_comes_after_the_machine),
      cmocka_unit_test(machine_in_error_gets_no_floating_ip),
      cmocka_unit_test(floating_ip_is_attached_and_detached),
      cmocka_unit_test(floating_ip_needs_credit),
      cmocka_unit_test(stopped_machine_is_shut_off_and_billed),
      cmocka_unit_test(machine_reboots),
      cmocka_unit_test(machine_in_error_is_free_until_it_is_rebooted),
      cmocka_unit_test(hibernated_machine_is_free_and_gives_its_hardware_back),
      cmocka_unit_test(some_flavors_do_not_hibernate),
      cmocka_unit_test(labels_are_replaced),
      cmocka_unit_test(events_tell_the_life),
      cmocka_unit_test(preempted_machine_is_deleted_and_gone),
  };
  return cmocka_run_group_tests_name("sim.hyperstack_machines", tests, nullptr, nullptr);
}
