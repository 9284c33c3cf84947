// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Voltage Park rents out as bare metal, and how it is ordered. By providers/voltage-park.md
// sections 2.1, 2.3 and 4.
#include <string>
#include <vector>

#include "tests/sim/voltage_park_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

void locations_count_gpus_and_price_one(void**) {
  VoltageParkWorld world;
  const Json here = world.location();
  assert_string_equal(text_in(here, "id").c_str(), kHere);
  assert_int_equal(here.integer("gpu_count_ethernet").value_or(-1), 16);
  assert_int_equal(here.integer("gpu_count_infiniband").value_or(-1), 32);
  assert_string_equal(text_in(here, "gpu_price_ethernet").c_str(), "1.99");
  assert_string_equal(text_in(here, "gpu_price_infiniband").c_str(), "2.49");
  assert_true(here.get("reserved_gpu_count_infiniband_cluster_one").is_null());
  assert_true(here.get("reserved_gpu_count_infiniband_cluster_two").is_null());
  const Json specs = here.get("specs_per_node");
  assert_string_equal(text_in(specs, "gpu_model").c_str(), "h100-sxm5-80gb");
  assert_int_equal(specs.integer("gpu_count").value_or(-1), 8);
  for (const char* key : {"cpu_count", "ram_gb", "storage_gb"}) {
    if (!specs.integer(key)) fail_msg("specs without %s", key);
  }
  assert_true(specs.string("cpu_model").has_value());
}

void sold_out_fabric_keeps_its_price(void**) {
  VoltageParkWorld world;
  const Json there = world.location(1);
  assert_int_equal(there.integer("gpu_count_infiniband").value_or(-1), 0);
  assert_string_equal(text_in(there, "gpu_price_infiniband").c_str(), "2.49");
}

void capacity_and_price_are_per_fabric(void**) {
  VoltageParkWorld world;
  assert_string_not_equal(world.rent(24).c_str(), "");
  assert_int_equal(world.location().integer("gpu_count_infiniband").value_or(-1), 8);
  assert_int_equal(world.location().integer("gpu_count_ethernet").value_or(-1), 16);
  const std::string change = R"({"provider":"voltage-park","type":"ethernet",)";
  assert_int_equal(
      world.change("/sim/capacity", change + R"("region":")" + kThere + R"(","capacity":5})"), 200);
  assert_int_equal(world.location(1).integer("gpu_count_ethernet").value_or(-1), 40);
  assert_int_equal(world.change("/sim/prices", change + R"("price_cents_per_hour":1600})"), 200);
  assert_string_equal(text_in(world.location(), "gpu_price_ethernet").c_str(), "2.00");
  assert_string_equal(text_in(world.location(), "gpu_price_infiniband").c_str(), "2.49");
}

void price_of_a_gpu_may_have_more_places(void**) {
  VoltageParkWorld world;
  const std::string change = R"({"provider":"voltage-park","type":"ethernet",)";
  assert_int_equal(world.change("/sim/prices", change + R"("price_cents_per_hour":1001})"), 200);
  assert_string_equal(text_in(world.location(), "gpu_price_ethernet").c_str(), "1.25125");
}

void order_makes_all_nodes_of_one_rental(void**) {
  VoltageParkWorld world;
  const Served served = world.call("POST", "/bare-metal/", VoltageParkWorld::order_body(16));
  assert_int_equal(served.answer.status, 201);
  const Json answer = VoltageParkWorld::json(served);
  assert_int_equal(text_in(answer, "rental_id").size(), 36);
  assert_true(answer.get("warning").is_null());
  const Json machines = world.admin("/sim/machines").get("machines");
  assert_int_equal(machines.size(), 2);
  for (std::size_t i = 0; i < 2; ++i) {
    assert_string_equal(text_in(machines.at(i), "provider").c_str(), "voltage-park");
    assert_string_equal(text_in(machines.at(i), "name").c_str(), "pool");
    assert_string_equal(text_in(machines.at(i), "type").c_str(), "infiniband");
    assert_true(text_in(machines.at(i), "address").rfind("127.78.", 0) == 0);
  }
  const Json note = world.admin("/sim/requests").get("requests").at(0).get("launch");
  assert_string_equal(text_in(note, "region").c_str(), kHere);
  assert_string_equal(text_in(note, "type").c_str(), "infiniband");
  assert_string_equal(text_in(note, "name").c_str(), "pool");
  assert_int_equal(note.integer("machines").value_or(-1), 2);
}

void order_takes_what_the_documents_allow(void**) {
  const std::vector<std::string> cases = {
      "",
      R"("organization_ssh_keys":{"mode":"none"})",
      R"("organization_ssh_keys":{"mode":"all"})",
      R"("organization_ssh_keys":{"mode":"none","ssh_key_ids":["x"]})",
      R"("organization_ssh_keys":null)",
      R"("ssh_keys":["ssh-ed25519 AAAA me"])",
      R"("ssh_keys":[])",
      R"("tags":[])",
      R"("tags":null)",
      R"("suborder":7)",
      R"("storage_id":null)",
      R"("cloudinit_script":null)",
      R"("cloudinit_script":{})",
      R"("cloudinit_script":{"packages":["jq"],"write_files":[{"content":"A=1\n","path":"/opt/a"}]})",
  };
  for (const std::string& extra : cases) {
    VoltageParkWorld world;
    if (world.rent(8, extra).empty()) fail_msg("%s", extra.c_str());
  }
}

void order_of_wrong_form_is_refused(void**) {
  const auto with = [](const std::string& extra) { return VoltageParkWorld::order_body(8, extra); };
  const std::string missing = std::string(R"({"location_id":")") + kHere + "\"";
  const std::pair<std::string, const char*> cases[] = {
      {"", "body value_error.missing"},
      {"{\"name\":", "body value_error.jsondecode"},
      {"[]", "body type_error.dict"},
      {"null", "body type_error.dict"},
      {"{}", "location_id value_error.missing"},
      {missing + "}", "gpu_count value_error.missing"},
      {missing + R"(,"gpu_count":8})", "name value_error.missing"},
      {missing + R"(,"gpu_count":8,"name":"n"})", "network_type value_error.missing"},
      {R"({"location_id":"us-east-1","gpu_count":8,"name":"n","network_type":"ethernet"})",
       "location_id type_error.uuid"},
      {missing + R"(,"gpu_count":8,"name":"n","network_type":"Infiniband"})",
       "network_type type_error.enum"},
      {missing + R"(,"gpu_count":8,"name":5,"network_type":"ethernet"})", "name type_error.str"},
      {missing + R"(,"gpu_count":"8","name":"n","network_type":"ethernet"})",
       "gpu_count type_error.integer"},
      {missing + R"(,"gpu_count":8.5,"name":"n","network_type":"ethernet"})",
       "gpu_count type_error.integer"},
      {VoltageParkWorld::order_body(0), "gpu_count value_error.number.not_ge"},
      {VoltageParkWorld::order_body(-8), "gpu_count value_error.number.not_ge"},
      {VoltageParkWorld::order_body(7), "gpu_count value_error.number.not_ge"},
      {VoltageParkWorld::order_body(12), "gpu_count value_error.number.not_multiple"},
      {VoltageParkWorld::order_body(8'000'000), "gpu_count value_error.number.not_le"},
      {with(R"("node_count":2)"), "node_count value_error.extra"},
      {with(R"("cloud_init":{})"), "cloud_init value_error.extra"},
      {with(R"("organization_ssh_keys":"all")"), "organization_ssh_keys type_error.dict"},
      {with(R"("organization_ssh_keys":{})"), "mode value_error.missing"},
      {with(R"("organization_ssh_keys":{"mode":"some"})"), "mode type_error.enum"},
      {with(R"("organization_ssh_keys":{"mode":"selective"})"), "ssh_key_ids value_error.missing"},
      {with(R"("organization_ssh_keys":{"mode":"selective","ssh_key_ids":["ops"]})"),
       "0 type_error.uuid"},
      {with(R"("organization_ssh_keys":{"mode":"all","keys":[]})"), "keys value_error.extra"},
      {with(R"("ssh_keys":"k")"), "ssh_keys type_error.list"},
      {with(R"("ssh_keys":["k",1])"), "1 type_error.str"},
      {with(R"("tags":"pool=a")"), "tags type_error.list"},
      {with(R"("tags":[{"key":"a"}])"), "0 type_error.str"},
      {with(R"("suborder":"x")"), "suborder type_error.integer"},
      {with(R"("storage_id":"x")"), "storage_id type_error.uuid"},
      {with(R"("cloudinit_script":"#cloud-config")"), "cloudinit_script type_error.dict"},
      {with(R"("cloudinit_script":{"users":[]})"), "users value_error.extra"},
  };
  for (const auto& [body, mistake] : cases) {
    VoltageParkWorld world;
    world.expect_mistake(mistake, "POST", "/bare-metal/", body);
    if (world.admin("/sim/machines").get("machines").size() != 0)
      fail_msg("%.160s: made a machine", body.c_str());
  }
}

void all_mistakes_of_an_order_are_told(void**) {
  VoltageParkWorld world;
  const Served served = world.call("POST", "/bare-metal/", R"({"gpu_count":9,"network_type":1})");
  assert_int_equal(VoltageParkWorld::json(served).get("detail").size(), 4);
}

void order_refuses_names_of_nothing(void**) {
  const std::string elsewhere = std::string(R"({"location_id":")") + kNowhere +
                                R"(","gpu_count":8,"name":"n","network_type":"ethernet"})";
  const std::string nowhere = std::string("\"") + kNowhere + "\"";
  const std::pair<std::string, std::string> cases[] = {
      {elsewhere, "Location not found"},
      {VoltageParkWorld::order_body(8, R"("storage_id":)" + nowhere), "Storage not found"},
      {VoltageParkWorld::order_body(
           8, R"("organization_ssh_keys":{"mode":"selective","ssh_key_ids":[)" + nowhere + "]}"),
       std::string("SSH key ") + kNowhere + " not found"},
  };
  for (const auto& [body, detail] : cases) {
    VoltageParkWorld world;
    const Served served = world.call("POST", "/bare-metal/", body);
    if (served.answer.status != 400 || VoltageParkWorld::detail(served) != detail)
      fail_msg("%s: %s", body.c_str(), served.answer.body.c_str());
  }
}

void selective_keys_that_exist_are_taken(void**) {
  VoltageParkWorld world;
  const Json keys = VoltageParkWorld::json(world.call("GET", "/organization/ssh-keys"));
  const std::string id = text_in(keys.get("results").at(0), "id");
  assert_string_not_equal(
      world.rent(8, R"("organization_ssh_keys":{"mode":"selective","ssh_key_ids":[")" + id + "\"]}")
          .c_str(),
      "");
}

void order_beyond_capacity_gets_nothing(void**) {
  VoltageParkWorld world;
  const Served served = world.call("POST", "/bare-metal/", VoltageParkWorld::order_body(40));
  assert_int_equal(served.answer.status, 400);
  assert_string_equal(VoltageParkWorld::detail(served).c_str(), "Not enough GPUs available");
  assert_int_equal(world.admin("/sim/machines").get("machines").size(), 0);
  assert_string_not_equal(world.rent(32).c_str(), "");
  assert_string_equal(world.rent(8).c_str(), "");
}

void words_of_refusals_are_the_scenarios(void**) {
  VoltageParkWorld world(R"("capacity_refusal":{"status":409,"detail":"no stock"},"balance":50,)"
                         R"("balance_refusal":{"status":402,"detail":"no funds"},)");
  const Served large = world.call("POST", "/bare-metal/", VoltageParkWorld::order_body(24));
  assert_int_equal(large.answer.status, 402);
  assert_string_equal(VoltageParkWorld::detail(large).c_str(), "no funds");
  const std::string there = std::string(R"({"location_id":")") + kThere +
                            R"(","gpu_count":8,"name":"n","network_type":"ethernet"})";
  const Served sold_out = world.call("POST", "/bare-metal/", there);
  assert_int_equal(sold_out.answer.status, 409);
  assert_string_equal(VoltageParkWorld::detail(sold_out).c_str(), "no stock");
}

void balance_has_to_cover_an_hour_of_all_that_runs(void**) {
  VoltageParkWorld world(R"("balance":59.76,)");
  assert_string_not_equal(world.rent(16).c_str(), "");
  assert_string_not_equal(world.rent(8).c_str(), "");
  const Served served = world.call("POST", "/bare-metal/", VoltageParkWorld::order_body(8));
  assert_int_equal(served.answer.status, 400);
  assert_string_equal(VoltageParkWorld::detail(served).c_str(), "Insufficient balance");
}

void balance_shrinks_with_time(void**) {
  VoltageParkWorld world(R"("balance":60,)");
  const std::string id = world.rent(8);
  world.clock.advance(std::chrono::minutes(62));
  assert_int_equal(world.call("DELETE", "/bare-metal/" + id).answer.status, 204);
  assert_string_equal(world.rent(16).c_str(), "");
  assert_string_not_equal(world.rent(8).c_str(), "");
}

void quota_is_refused_in_words(void**) {
  VoltageParkWorld world(R"("quota":1,)");
  const Served served = world.call("POST", "/bare-metal/", VoltageParkWorld::order_body(16));
  assert_int_equal(served.answer.status, 400);
  assert_string_equal(VoltageParkWorld::detail(served).c_str(), "Quota exceeded");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(locations_count_gpus_and_price_one),
      cmocka_unit_test(sold_out_fabric_keeps_its_price),
      cmocka_unit_test(capacity_and_price_are_per_fabric),
      cmocka_unit_test(price_of_a_gpu_may_have_more_places),
      cmocka_unit_test(order_makes_all_nodes_of_one_rental),
      cmocka_unit_test(order_takes_what_the_documents_allow),
      cmocka_unit_test(order_of_wrong_form_is_refused),
      cmocka_unit_test(all_mistakes_of_an_order_are_told),
      cmocka_unit_test(order_refuses_names_of_nothing),
      cmocka_unit_test(selective_keys_that_exist_are_taken),
      cmocka_unit_test(order_beyond_capacity_gets_nothing),
      cmocka_unit_test(words_of_refusals_are_the_scenarios),
      cmocka_unit_test(balance_has_to_cover_an_hour_of_all_that_runs),
      cmocka_unit_test(balance_shrinks_with_time),
      cmocka_unit_test(quota_is_refused_in_words),
  };
  return cmocka_run_group_tests_name("sim.voltage_park_order", tests, nullptr, nullptr);
}
