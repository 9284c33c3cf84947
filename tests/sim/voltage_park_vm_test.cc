// SPDX-License-Identifier: GPL-2.0-or-later
//
// Voltage Park's instant virtual machines, by providers/voltage-park.md 2.2 and 2.5.
#include <string>
#include <vector>

#include "tests/sim/voltage_park_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using std::chrono::seconds;

constexpr const char* kInstant = "/virtual-machines/instant";

std::string status(VoltageParkWorld& world, const std::string& id) {
  return text_in(world.vm(id), "status");
}

void locations_offer_presets_with_exact_counts(void**) {
  VoltageParkWorld world;
  const Json locations =
      VoltageParkWorld::json(world.call_as("", "GET", "/virtual-machines/instant/locations"));
  assert_int_equal(locations.get("results").size(), 2);
  const Json there = locations.get("results").at(1);
  assert_string_equal(text_in(there, "id").c_str(), kThere);
  assert_int_equal(there.get("available_presets").size(), 2);
  const Json preset = there.get("available_presets").at(0);
  assert_int_equal(text_in(preset, "id").size(), 36);
  assert_int_equal(preset.integer("available_vms").value_or(-1), 2);
  assert_string_equal(text_in(preset, "compute_rate_hourly").c_str(), "1.890000");
  assert_string_equal(text_in(preset, "storage_rate_hourly").c_str(), "0.020000");
  assert_string_equal(text_in(preset, "operating_system").c_str(), "Ubuntu 22.04 LTS");
  const Json resources = preset.get("resources");
  assert_string_equal(resources.get("gpus").dump().c_str(), R"({"h100-sxm5-80gb":{"count":1}})");
  for (const char* key : {"ram_gb", "storage_gb", "vcpu_count"}) {
    if (!resources.integer(key)) fail_msg("resources without %s", key);
  }
  const Json one = VoltageParkWorld::json(
      world.call("GET", std::string("/virtual-machines/instant/locations/") + kThere));
  assert_string_equal(one.dump().c_str(), there.dump().c_str());
}

void old_list_of_presets_is_bare(void**) {
  VoltageParkWorld world;
  const Json list = VoltageParkWorld::json(world.call_as("", "GET", "/instant-deploy-presets/"));
  assert_true(list.is_array());
  assert_int_equal(list.size(), 2);
  assert_string_equal(list.at(0).get("location_ids_with_availability").dump().c_str(),
                      (std::string("[\"") + kThere + "\"]").c_str());
  assert_int_equal(list.at(1).get("location_ids_with_availability").size(), 0);
}

void order_makes_one_machine_that_runs_at_once(void**) {
  VoltageParkWorld world;
  const Served served = world.call("POST", kInstant, world.vm_body(R"("tags":["pool=b"])"));
  assert_int_equal(served.answer.status, 201);
  const std::string id = text_in(VoltageParkWorld::json(served), "vm_id");
  Json vm = world.vm(id);
  assert_string_equal(text_in(vm, "status").c_str(), "Running");
  assert_true(vm.get("public_ip").is_null());
  world.clock.advance(seconds(25));
  vm = world.vm(id);
  assert_true(text_in(vm, "public_ip").rfind("127.78.", 0) == 0);
  assert_string_equal(text_in(vm, "name").c_str(), "one");
  assert_string_equal(text_in(vm, "type").c_str(), "ondem");
  assert_string_equal(text_in(vm, "timestamp_creation").c_str(), "2026-11-18T11:06:40.000000Z");
  assert_string_equal(vm.get("tags").dump().c_str(), R"(["pool=b"])");
  assert_string_equal(vm.get("port_forwards").dump().c_str(),
                      R"([{"internal_port":22,"external_port":20022}])");
  const Json pricing = vm.get("pricing");
  assert_string_equal(text_in(pricing, "gpus_per_hr").c_str(), "1.890000");
  assert_string_equal(text_in(pricing, "total_associated_per_hr").c_str(), "1.910000");
  assert_string_equal(text_in(pricing, "total_disassociated_per_hr").c_str(), "0.020000");
  for (const char* key : {"hostnode_id", "operating_system", "internal_ip"}) {
    if (!vm.string(key)) fail_msg("machine without %s", key);
  }
  const Json note = world.admin("/sim/requests").get("requests").at(1).get("launch");
  assert_string_equal(text_in(note, "type").c_str(), "vm-1x");
}

void order_takes_what_the_documents_allow(void**) {
  const std::vector<std::string> cases = {
      "",
      R"("password":"12345678")",
      R"("organization_ssh_keys":{"mode":"all"})",
      R"("ssh_keys":["ssh-ed25519 AAAA me"])",
      R"("cloud_init":{"runcmd":["true"]})",
      R"("tags":null)",
      std::string(R"("location_id":")") + kThere + "\"",
  };
  for (const std::string& extra : cases) {
    VoltageParkWorld world;
    if (world.rent_vm(extra).empty()) fail_msg("%s", extra.c_str());
  }
}

void order_of_wrong_form_is_refused(void**) {
  const std::pair<const char*, const char*> extras[] = {
      {R"("password":"1234567")", "password value_error.any_str.min_length"},
      {R"("password":12345678)", "password type_error.str"},
      {R"("quantity":2)", "quantity value_error.extra"},
      {R"("cloudinit_script":{})", "cloudinit_script value_error.extra"},
      {R"("cloud_init":"#cloud-config")", "cloud_init type_error.dict"},
      {R"("cloud_init":{"users":[]})", "users value_error.extra"},
      {R"("organization_ssh_keys":{"mode":"few"})", "mode type_error.enum"},
      {R"("location_id":"us-east-1")", "location_id type_error.uuid"},
      {R"("tags":"a")", "tags type_error.list"},
  };
  VoltageParkWorld world;
  std::vector<std::pair<std::string, const char*>> cases = {
      {"", "body value_error.missing"},
      {"[]", "body type_error.dict"},
      {"{}", "config_id value_error.missing"},
      {R"({"config_id":"vm-1x","name":"n"})", "config_id type_error.uuid"},
      {R"({"config_id":")" + world.preset(0) + "\"}", "name value_error.missing"},
  };
  for (const auto& [extra, mistake] : extras)
    cases.emplace_back(world.vm_body(extra), mistake);
  for (const auto& [body, mistake] : cases) {
    world.expect_mistake(mistake, "POST", kInstant, body);
  }
  assert_int_equal(world.admin("/sim/machines").get("machines").size(), 0);
}

void order_refuses_names_of_nothing_and_what_is_sold_out(void**) {
  VoltageParkWorld world;
  const std::string nowhere = std::string("\"") + kNowhere + "\"";
  const auto of_preset = [](const std::string& id) {
    return R"({"name":"n","config_id":")" + id + "\"}";
  };
  const std::pair<std::string, std::string> cases[] = {
      {of_preset(kNowhere), "Instant deploy preset not found"},
      {world.vm_body("\"location_id\":" + nowhere), "Location not found"},
      {world.vm_body(std::string(R"("location_id":")") + kHere + "\""),
       "Not enough GPUs available"},
      {of_preset(world.preset(1)), "Not enough GPUs available"},
      {world.vm_body(R"("organization_ssh_keys":{"mode":"selective","ssh_key_ids":[)" + nowhere +
                     "]}"),
       std::string("SSH key ") + kNowhere + " not found"},
  };
  for (const auto& [body, detail] : cases) {
    const Served served = world.call("POST", kInstant, body);
    if (served.answer.status != 400 || VoltageParkWorld::detail(served) != detail)
      fail_msg("%s: %s", body.c_str(), served.answer.body.c_str());
  }
  assert_string_not_equal(world.rent_vm().c_str(), "");
  assert_string_not_equal(world.rent_vm().c_str(), "");
  assert_string_equal(world.rent_vm().c_str(), "");
}

void machine_ends_and_leaves_the_list(void**) {
  VoltageParkWorld world;
  const std::string id = world.rent_vm();
  assert_int_equal(
      VoltageParkWorld::json(world.call("GET", "/virtual-machines/")).get("results").size(), 1);
  const Served ended = world.call("DELETE", "/virtual-machines/" + id);
  assert_int_equal(ended.answer.status, 204);
  assert_string_equal(ended.answer.body.c_str(), "");
  assert_string_equal(status(world, id).c_str(), "Terminated");
  world.clock.advance(seconds(10));
  const Served gone = world.call("GET", "/virtual-machines/" + id);
  assert_int_equal(gone.answer.status, 404);
  assert_string_equal(VoltageParkWorld::detail(gone).c_str(), "Virtual machine not found");
  assert_int_equal(world.call("DELETE", "/virtual-machines/" + id).answer.status, 404);
  assert_int_equal(
      VoltageParkWorld::json(world.call("GET", "/virtual-machines/")).get("results").size(), 0);
}

void machines_and_rentals_are_told_apart(void**) {
  VoltageParkWorld world;
  const std::string rental = world.rent(8);
  const std::string machine = world.rent_vm();
  const std::string node = text_in(world.admin("/sim/machines").get("machines").at(0), "id");
  for (const std::string& id : {rental, node}) {
    if (world.call("GET", "/virtual-machines/" + id).answer.status != 404)
      fail_msg("%s", id.c_str());
  }
  for (const std::string& id : {machine, node}) {
    if (world.call("GET", "/bare-metal/" + id).answer.status != 404) fail_msg("%s", id.c_str());
  }
  for (const char* path : {"/bare-metal/", "/virtual-machines/"}) {
    const Json list = VoltageParkWorld::json(world.call("GET", path));
    if (list.integer("total_result_count") != 1) fail_msg("%s", path);
  }
}

void machine_is_renamed_and_tagged(void**) {
  VoltageParkWorld world;
  const std::string path = "/virtual-machines/" + world.rent_vm();
  const Served renamed = world.call("PATCH", path, R"({"name":"two","tags":["a"]})");
  assert_string_equal(renamed.answer.body.c_str(), R"({"name":"two","tags":["a"]})");
  assert_string_equal(world.call("PATCH", path, R"({"tags":["b"]})").answer.body.c_str(),
                      R"({"name":"two","tags":["b"]})");
  for (const char* body : {"", R"({"name":[]})", R"({"tags":{}})", R"({"password":"12345678"})"}) {
    if (world.call("PATCH", path, body).answer.status != 422) fail_msg("%s", body);
  }
}

void power_is_switched(void**) {
  VoltageParkWorld world;
  const std::string id = world.rent_vm();
  const auto switched = [&](const std::string& to) {
    return world.call(
        "PUT", "/virtual-machines/" + id + "/power-status", R"({"status":")" + to + "\"}");
  };
  world.clock.advance(seconds(100));
  assert_int_equal(switched("started").answer.status, 400);
  assert_string_equal(switched("stopped").answer.body.c_str(), R"({"status":"stopped"})");
  assert_string_equal(status(world, id).c_str(), "Stopped");
  assert_int_equal(switched("stopped").answer.status, 400);
  assert_int_equal(switched("started").answer.status, 200);
  assert_string_equal(status(world, id).c_str(), "Running");
  assert_int_equal(switched("stopped_disassociated").answer.status, 400);
  assert_int_equal(switched("off").answer.status, 422);
}

void machine_taken_back_is_outbid(void**) {
  VoltageParkWorld world;
  const char* rule = R"([{"match":{"machine":"next"},"do":"preempted"}])";
  assert_int_equal(world.change("/sim/faults", rule), 200);
  const std::string id = world.rent_vm();
  world.clock.advance(seconds(100));
  assert_string_equal(status(world, id).c_str(), "Outbid");
  world.clock.advance(seconds(10));
  assert_int_equal(world.call("GET", "/virtual-machines/" + id).answer.status, 404);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(locations_offer_presets_with_exact_counts),
      cmocka_unit_test(old_list_of_presets_is_bare),
      cmocka_unit_test(order_makes_one_machine_that_runs_at_once),
      cmocka_unit_test(order_takes_what_the_documents_allow),
      cmocka_unit_test(order_of_wrong_form_is_refused),
      cmocka_unit_test(order_refuses_names_of_nothing_and_what_is_sold_out),
      cmocka_unit_test(machine_ends_and_leaves_the_list),
      cmocka_unit_test(machines_and_rentals_are_told_apart),
      cmocka_unit_test(machine_is_renamed_and_tagged),
      cmocka_unit_test(power_is_switched),
      cmocka_unit_test(machine_taken_back_is_outbid),
  };
  return cmocka_run_group_tests_name("sim.voltage_park_vm", tests, nullptr, nullptr);
}
