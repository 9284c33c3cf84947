// SPDX-License-Identifier: GPL-2.0-or-later
//
// The life of a rental at Voltage Park, by providers/voltage-park.md 2.4, 5 and 7.
#include <string>
#include <vector>

#include "tests/sim/voltage_park_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using std::chrono::seconds;

std::string status(VoltageParkWorld& world, const std::string& id) {
  return text_in(world.rental(id), "status");
}

// A rental of `gpus` that runs.
std::string running(VoltageParkWorld& world, int gpus, const std::string& extra = "") {
  std::string id = world.rent(gpus, extra);
  world.clock.advance(seconds(100));
  if (status(world, id) != "Running") fail_msg("not running: %s", id.c_str());
  return id;
}

std::string ips_body(const std::vector<std::string>& addresses) {
  Json list = Json::array();
  for (const std::string& address : addresses)
    list.append(Json::of(address));
  return Json::object().set("public_ips", list).dump();
}

void pending_rental_tells_little(void**) {
  VoltageParkWorld world;
  const std::string id = world.rent(16, R"("tags":["pool=a"],"suborder":3)");
  world.clock.advance(seconds(99));
  const Json rental =
      VoltageParkWorld::json(world.call("GET", "/bare-metal/")).get("results").at(0);
  assert_string_equal(
      rental.dump().c_str(),
      (R"({"id":")" + id +
       R"(","name":"pool","status":"Pending","creation_timestamp":"2026-11-18T11:06:40Z",)"
       R"("rate_hourly":"39.84","suborder":3})")
          .c_str());
  assert_string_equal(world.rental(id).dump().c_str(), rental.dump().c_str());
}

void running_rental_shows_its_nodes(void**) {
  VoltageParkWorld world;
  const std::string id = running(world, 16, R"("tags":["pool=a","launch=7"])");
  const Json rental = world.rental(id);
  assert_string_equal(text_in(rental, "power_status").c_str(), "Running");
  assert_string_equal(text_in(rental, "network_type").c_str(), "infiniband");
  assert_string_equal(text_in(rental, "username").c_str(), "ubuntu");
  assert_string_equal(text_in(rental, "rate_hourly").c_str(), "39.84");
  assert_int_equal(rental.integer("node_count").value_or(-1), 2);
  assert_int_equal(rental.get("specs_per_node").integer("gpu_count").value_or(-1), 8);
  assert_string_equal(rental.get("tags").dump().c_str(), R"(["pool=a","launch=7"])");
  for (const char* key : {"suborder",
                          "sub_order",
                          "storage_id",
                          "storage_pv",
                          "storage_pvc",
                          "k8s_cluster_id",
                          "kubeconfig"}) {
    if (!rental.get(key).is_null()) fail_msg("%s", key);
  }
  const Json nodes = rental.get("node_networking");
  assert_int_equal(nodes.size(), 2);
  for (std::size_t i = 0; i < 2; ++i) {
    if (!nodes.at(i).string("public_ip") || !nodes.at(i).string("private_ip"))
      fail_msg("%s", nodes.dump().c_str());
  }
  assert_string_not_equal(text_in(nodes.at(0), "public_ip").c_str(),
                          text_in(nodes.at(1), "public_ip").c_str());
}

void rental_ends_whole_and_leaves_the_list(void**) {
  VoltageParkWorld world;
  const std::string id = running(world, 16);
  const std::string other = running(world, 8);
  const Served ended = world.call("DELETE", "/bare-metal/" + id);
  assert_int_equal(ended.answer.status, 204);
  assert_string_equal(ended.answer.body.c_str(), "");
  assert_string_equal(status(world, id).c_str(), "Terminated");
  assert_int_equal(world.rental(id).integer("node_count").value_or(-1), 2);
  assert_int_equal(world.call("DELETE", "/bare-metal/" + id).answer.status, 204);
  assert_int_equal(world.location().integer("gpu_count_infiniband").value_or(-1), 8);
  world.clock.advance(seconds(10));
  const Served gone = world.call("GET", "/bare-metal/" + id);
  assert_int_equal(gone.answer.status, 404);
  assert_string_equal(VoltageParkWorld::detail(gone).c_str(), "Rental not found");
  assert_int_equal(world.call("DELETE", "/bare-metal/" + id).answer.status, 404);
  const Json list = VoltageParkWorld::json(world.call("GET", "/bare-metal/")).get("results");
  assert_int_equal(list.size(), 1);
  assert_string_equal(text_in(list.at(0), "id").c_str(), other.c_str());
  assert_int_equal(world.location().integer("gpu_count_infiniband").value_or(-1), 24);
}

void pending_rental_can_be_ended(void**) {
  VoltageParkWorld world;
  const std::string id = world.rent(8);
  assert_int_equal(world.call("DELETE", "/bare-metal/" + id).answer.status, 204);
  assert_string_equal(status(world, id).c_str(), "Terminated");
  world.clock.advance(seconds(10));
  assert_int_equal(world.call("GET", "/bare-metal/" + id).answer.status, 404);
}

void new_rental_may_be_late_in_the_list(void**) {
  VoltageParkWorld world(R"("list_delay_seconds":5,)");
  const std::string id = world.rent(8);
  const auto listed = [&] {
    return VoltageParkWorld::json(world.call("GET", "/bare-metal/")).get("results").size();
  };
  assert_int_equal(listed(), 0);
  assert_string_equal(status(world, id).c_str(), "Pending");
  world.clock.advance(seconds(5));
  assert_int_equal(listed(), 1);
}

void nodes_are_removed_by_their_public_addresses(void**) {
  VoltageParkWorld world;
  const std::string id = running(world, 24);
  const auto before = world.addresses(id);
  const Served removed =
      world.call("PATCH", "/bare-metal/" + id + "/remove-nodes", ips_body({before[1], before[1]}));
  assert_int_equal(removed.answer.status, 200);
  assert_string_equal(removed.answer.body.c_str(), "");
  const auto after = world.addresses(id);
  assert_int_equal(after.size(), 2);
  assert_true(after[0] == before[0] && after[1] == before[2]);
  const Json rental = world.rental(id);
  assert_int_equal(rental.integer("node_count").value_or(-1), 2);
  assert_string_equal(text_in(rental, "rate_hourly").c_str(), "39.84");
  world.clock.advance(seconds(10));
  assert_int_equal(world.location().integer("gpu_count_infiniband").value_or(-1), 16);
}

void removed_node_is_no_longer_billed(void**) {
  VoltageParkWorld world;
  const std::string id = world.rent(16);
  world.clock.advance(std::chrono::minutes(30));
  assert_int_equal(
      world.call("PATCH", "/bare-metal/" + id + "/remove-nodes", ips_body({world.addresses(id)[0]}))
          .answer.status,
      200);
  world.clock.advance(std::chrono::minutes(30));
  const Json invoice = world.admin("/sim/invoice");
  assert_int_equal(invoice.get("lines").at(0).integer("cost_microusd").value_or(0), 9'960'000);
  assert_int_equal(invoice.get("lines").at(1).integer("cost_microusd").value_or(0), 19'920'000);
}

void removing_refuses_what_would_end_the_rental_or_is_not_in_it(void**) {
  VoltageParkWorld world;
  const std::string other = running(world, 8);
  const std::string id = running(world, 16);
  const auto nodes = world.addresses(id);
  const std::string path = "/bare-metal/" + id + "/remove-nodes";
  const std::string foreign = world.addresses(other)[0];
  const std::pair<std::string, std::string> cases[] = {
      {ips_body(nodes), "Cannot remove all nodes of a rental; terminate it instead"},
      {ips_body({nodes[0], foreign}), "Node " + foreign + " not found in rental"},
      {ips_body({"10.0.0.1"}), "Node 10.0.0.1 not found in rental"},
  };
  for (const auto& [body, detail] : cases) {
    const Served served = world.call("PATCH", path, body);
    if (served.answer.status != 400 || VoltageParkWorld::detail(served) != detail)
      fail_msg("%s: %s", body.c_str(), served.answer.body.c_str());
    if (world.addresses(id).size() != 2) fail_msg("%s: removed", body.c_str());
  }
}

void nodes_of_a_pending_rental_have_no_addresses(void**) {
  VoltageParkWorld world;
  const std::string id = world.rent(16);
  const Json machine = world.admin("/sim/machines").get("machines").at(0);
  const std::string body = ips_body({text_in(machine, "address")});
  for (const auto& [method, verb] : {std::pair("PATCH", "/remove-nodes"), {"POST", "/reboot"}}) {
    const Served served = world.call(method, "/bare-metal/" + id + verb, body);
    if (served.answer.status != 400 || VoltageParkWorld::detail(served) != "Rental is not running")
      fail_msg("%s: %s", verb, served.answer.body.c_str());
  }
  const Served power =
      world.call("PUT", "/bare-metal/" + id + "/power-status", R"({"status":"stopped"})");
  assert_int_equal(power.answer.status, 400);
}

void lists_of_addresses_of_wrong_form_are_refused(void**) {
  VoltageParkWorld world;
  const std::string id = running(world, 16);
  const std::pair<const char*, const char*> cases[] = {
      {"", "body value_error.missing"},
      {"{}", "public_ips value_error.missing"},
      {R"({"public_ips":[]})", "public_ips value_error.list.min_items"},
      {R"({"public_ips":"127.0.0.1"})", "public_ips type_error.list"},
      {R"({"public_ips":[1]})", "0 type_error.str"},
      {R"({"node_ids":["x"]})", "node_ids value_error.extra"},
      {R"({"action":"reboot","public_ips":["x"]})", "action value_error.extra"},
  };
  for (const auto& [method, verb] : {std::pair("PATCH", "/remove-nodes"), {"POST", "/reboot"}}) {
    for (const auto& [body, mistake] : cases) {
      world.expect_mistake(mistake, method, "/bare-metal/" + id + verb, body);
    }
  }
}

void rental_is_renamed_and_tagged(void**) {
  VoltageParkWorld world;
  const std::string id = running(world, 8, R"("tags":["a"])");
  const auto patch = [&](const char* body) {
    return world.call("PATCH", "/bare-metal/" + id, body).answer.body;
  };
  assert_string_equal(patch(R"({"name":"new"})").c_str(), R"({"name":"new","tags":["a"]})");
  assert_string_equal(patch(R"({"tags":["b","c"]})").c_str(), R"({"name":"new","tags":["b","c"]})");
  assert_string_equal(patch("{}").c_str(), R"({"name":"new","tags":["b","c"]})");
  assert_string_equal(text_in(world.rental(id), "name").c_str(), "new");
  assert_string_equal(text_in(world.admin("/sim/invoice").get("lines").at(0), "name").c_str(),
                      "new");
  for (const char* body : {"", "[]", R"({"name":1})", R"({"tags":"b"})", R"({"status":"x"})"}) {
    if (world.call("PATCH", "/bare-metal/" + id, body).answer.status != 422) fail_msg("%s", body);
  }
}

void power_is_switched_and_billed_on(void**) {
  VoltageParkWorld world;
  const std::string id = running(world, 16);
  const auto switched = [&](const std::string& to) {
    return world.call("PUT", "/bare-metal/" + id + "/power-status", R"({"status":")" + to + "\"}");
  };
  assert_int_equal(switched("started").answer.status, 400);
  const Served stopped = switched("stopped");
  assert_int_equal(stopped.answer.status, 200);
  assert_string_equal(stopped.answer.body.c_str(), "");
  assert_string_equal(text_in(world.rental(id), "power_status").c_str(), "Stopped");
  assert_string_equal(status(world, id).c_str(), "Running");
  assert_string_equal(VoltageParkWorld::detail(switched("stopped")).c_str(),
                      "Rental is already stopped");
  world.clock.advance(seconds(3500));
  const Json line = world.admin("/sim/invoice").get("lines").at(0);
  assert_int_equal(line.integer("cost_microusd").value_or(0), 19'920'000);
  assert_int_equal(switched("started").answer.status, 200);
  assert_string_equal(text_in(world.rental(id), "power_status").c_str(), "Running");
  for (const char* wrong : {"off", "start", "stopped_disassociated", ""}) {
    if (switched(wrong).answer.status != 422) fail_msg("%s", wrong);
  }
}

void chosen_nodes_are_rebooted(void**) {
  VoltageParkWorld world;
  const std::string id = running(world, 16);
  const std::string path = "/bare-metal/" + id + "/reboot";
  const Served served = world.call("POST", path, ips_body({world.addresses(id)[1]}));
  assert_int_equal(served.answer.status, 200);
  assert_string_equal(served.answer.body.c_str(), "");
  assert_int_equal(world.call("POST", path, ips_body({"10.0.0.1"})).answer.status, 400);
}

void bill_begins_with_the_order(void**) {
  VoltageParkWorld world;
  const std::string id = world.rent(8);
  world.clock.advance(seconds(61));
  const Json line = world.admin("/sim/invoice").get("lines").at(0);
  assert_string_equal(text_in(line, "billed_from").c_str(), "2026-11-18T11:06:40Z");
  assert_int_equal(line.integer("cost_microusd").value_or(0), 2 * 332'000);
  assert_int_equal(world.call("DELETE", "/bare-metal/" + id).answer.status, 204);
  world.clock.advance(seconds(600));
  assert_int_equal(world.admin("/sim/invoice").integer("total_microusd").value_or(0), 2 * 332'000);
}

void minimum_and_quantum_of_the_bill_are_the_scenarios(void**) {
  VoltageParkWorld world(R"("minimum_seconds":7200,"billing_quantum_seconds":1,)");
  const std::string id = world.rent(8);
  world.clock.advance(seconds(10));
  assert_int_equal(world.call("DELETE", "/bare-metal/" + id).answer.status, 204);
  assert_int_equal(world.admin("/sim/invoice").integer("total_microusd").value_or(0), 39'840'000);
}

void machines_that_fail_show_in_their_rental(void**) {
  struct Case {
    const char* fault;
    const char* status;
    int nodes;
  };
  const Case cases[] = {{"never_boots", "Pending", -1},
                        {"unhealthy", "Failed", 2},
                        {"preempted", "Running", 1},
                        {"vanishes", "Running", 1}};
  for (const Case& each : cases) {
    VoltageParkWorld world;
    const std::string rule =
        R"([{"match":{"machine":"next"},"do":")" + std::string(each.fault) + "\"}]";
    assert_int_equal(world.change("/sim/faults", rule), 200);
    const std::string id = world.rent(16);
    world.clock.advance(seconds(105));
    const Json rental = world.rental(id);
    if (text_in(rental, "status") != each.status ||
        rental.integer("node_count").value_or(-1) != each.nodes)
      fail_msg("%s: %s", each.fault, rental.dump().c_str());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(pending_rental_tells_little),
      cmocka_unit_test(running_rental_shows_its_nodes),
      cmocka_unit_test(rental_ends_whole_and_leaves_the_list),
      cmocka_unit_test(pending_rental_can_be_ended),
      cmocka_unit_test(new_rental_may_be_late_in_the_list),
      cmocka_unit_test(nodes_are_removed_by_their_public_addresses),
      cmocka_unit_test(removed_node_is_no_longer_billed),
      cmocka_unit_test(removing_refuses_what_would_end_the_rental_or_is_not_in_it),
      cmocka_unit_test(nodes_of_a_pending_rental_have_no_addresses),
      cmocka_unit_test(lists_of_addresses_of_wrong_form_are_refused),
      cmocka_unit_test(rental_is_renamed_and_tagged),
      cmocka_unit_test(power_is_switched_and_billed_on),
      cmocka_unit_test(chosen_nodes_are_rebooted),
      cmocka_unit_test(bill_begins_with_the_order),
      cmocka_unit_test(minimum_and_quantum_of_the_bill_are_the_scenarios),
      cmocka_unit_test(machines_that_fail_show_in_their_rental),
  };
  return cmocka_run_group_tests_name("sim.voltage_park_rental", tests, nullptr, nullptr);
}
