// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Hyperstack's creation of virtual machines takes and what it refuses, by
// providers/hyperstack.md 2.3 and the specification of the Go SDK 1.52.3-alpha.
#include <string>
#include <vector>

#include "tests/sim/hyperstack_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using World = HyperstackWorld;

std::string letters(std::size_t count) {
  return "\"" + std::string(count, 'a') + "\"";
}

Json instances(const Served& served) {
  return World::json(served).get("instances");
}

Json order(World& world, const std::string& more) {
  return instances(world.call("POST", World::kMachines, World::launch_body(more)));
}

constexpr const char* kRules =
    R"("security_rules":[{"direction":"ingress","protocol":"tcp","ethertype":"IPv4",)"
    R"("remote_ip_prefix":"0.0.0.0/0","port_range_min":22,"port_range_max":22},)"
    R"({"direction":"egress","protocol":"any","ethertype":"IPv6","remote_ip_prefix":"::/0"}])";

void order_takes_what_the_documents_allow(void**) {
  const std::vector<std::string> cases = {
      "",
      R"("name":)" + letters(50),
      R"("count":3)",
      R"("count":20,"flavor_name":"n3-H100x1")",
      R"("flavor_name":"n3-H100x1","environment_name":"north")",
      R"("flavor_name":"n1-cpu-small")",
      R"("user_data":"")",
      R"("user_data":"#!/bin/sh\n")",
      R"("user_data":)" + letters(1'000'000),
      R"("labels":[])",
      R"("labels":["owner=me","x"])",
      R"("assign_floating_ip":true,"enable_port_randomization":false)",
      R"("security_rules":[])",
      kRules,
      R"("callback_url":"https://example.com/")",
      R"("create_bootable_volume":false)",
      R"("unknown":{"field":[1]})",
  };
  for (const std::string& each : cases) {
    World world;
    const Served served = world.call("POST", World::kMachines, World::launch_body(each));
    if (served.answer.status != 200 || instances(served).size() == 0)
      fail_msg("%.100s: %.200s", each.c_str(), served.answer.body.c_str());
  }
}

// The order is refused, its answer names what is wrong, and nothing comes of it.
void expect_refused(const std::string& body, const char* error, const char* says) {
  World world;
  const Served served = world.call("POST", World::kMachines, body);
  if (World::error(served) != error || World::json(served).boolean("status") != false ||
      served.answer.body.find(says) == std::string::npos)
    fail_msg("%.160s: %s", body.c_str(), served.answer.body.c_str());
  if (world.get(World::kMachines).integer("count") != 0) fail_msg("%.160s", body.c_str());
}

void order_without_a_member_it_needs_is_refused(void**) {
  for (const char* body : {"", "[]", "null", "{\"name\":", "name=x"})
    expect_refused(body, "400 bad_request", "JSON object");
  for (const char* key :
       {"name", "environment_name", "flavor_name", "key_name", "image_name", "count"}) {
    Json body = Json::object();
    Json::parse(World::launch_body(), "body")
        ->for_each([&](const std::string& each, const Json& value) {
          if (each != key) body.set(each.c_str(), value);
        });
    expect_refused(body.dump(), "400 bad_request", key);
  }
}

void order_with_a_member_of_wrong_form_is_refused(void**) {
  const std::pair<std::string, const char*> cases[] = {
      {R"("name":7)", "name"},
      {R"("name":"")", "name"},
      {R"("name":null)", "name"},
      {R"("name":)" + letters(51), "name"},
      {R"("environment_name":7)", "environment_name"},
      {R"("flavor_name":["n3-H100x8"])", "flavor_name"},
      {R"("key_name":{})", "key_name"},
      {R"("image_name":7)", "image_name"},
      {R"("count":"1")", "count"},
      {R"("count":1.5)", "count"},
      {R"("count":0)", "count"},
      {R"("count":-1)", "count"},
      {R"("count":21,"flavor_name":"n3-H100x1")", "count"},
      {R"("user_data":{})", "user_data"},
      {R"("user_data":null)", "user_data"},
      {R"("labels":"a")", "labels"},
      {R"("labels":[1])", "labels"},
      {R"("labels":{"a":"b"})", "labels"},
      {R"("assign_floating_ip":"true")", "assign_floating_ip"},
      {R"("enable_port_randomization":1)", "enable_port_randomization"},
      {R"("create_bootable_volume":0)", "create_bootable_volume"},
      {R"("callback_url":)" + letters(251), "callback_url"},
      {R"("volume_name":7)", "volume_name"},
      {R"("security_rules":{})", "security_rules"},
      {R"("security_rules":[1])", "direction"},
      {R"("security_rules":[{"direction":"ingress"}])", "protocol"},
  };
  for (const auto& [more, says] : cases)
    expect_refused(World::launch_body(more), "400 bad_request", says);
}

void rule_of_wrong_form_is_refused(void**) {
  const auto rule = Json::parse(R"({"direction":"ingress","protocol":"tcp","ethertype":"IPv4",)"
                                R"("remote_ip_prefix":"0.0.0.0/0"})",
                                "rule");
  const std::pair<const char*, const char*> cases[] = {
      {R"("direction":"in")", "direction"},
      {R"("direction":1)", "direction"},
      {R"("protocol":"http")", "protocol"},
      {R"("ethertype":"ipv4")", "ethertype"},
      {R"("remote_ip_prefix":4)", "remote_ip_prefix"},
      {R"("port_range_min":"22")", "port_range_min"},
      {R"("port_range_min":0)", "port_range_min"},
      {R"("port_range_max":65536)", "port_range_max"},
      {R"("port_range_max":null)", "port_range_max"},
  };
  for (const auto& [more, says] : cases) {
    const std::string rules =
        "[" + with_members(*Json::parse(rule->dump(), "rule"), more).dump() + "]";
    expect_refused(World::launch_body("\"security_rules\":" + rules), "400 bad_request", says);
  }
}

void order_for_what_is_not_there_is_refused(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("environment_name":"moon")", "Environment moon"},
      {R"("flavor_name":"n3-H900x8")", "Flavor n3-H900x8"},
      {R"("environment_name":"north")", "Flavor n3-H100x8"},  // not sold in that region
      {R"("image_name":"Windows")", "Image Windows"},
      {R"("key_name":"nobody")", "Keypair nobody"},
      {R"("volume_name":"disk")", "Volume disk"},
  };
  for (const auto& [more, says] : cases)
    expect_refused(World::launch_body(more), "404 not_found", says);
}

void new_machine_is_shown_as_it_was_recorded(void**) {
  World world;
  const Json made = order(world,
                          R"("labels":["a=b"],"assign_floating_ip":true,)"
                          R"("enable_port_randomization":false,"user_data":"#!/bin/secret")");
  assert_int_equal(made.size(), 1);
  const Json machine = made.at(0);
  assert_string_equal(World::text(machine, "status").c_str(), "CREATING");
  for (const char* key : {"power_state", "vm_state", "fixed_ip", "floating_ip", "contract_id"}) {
    if (!machine.get(key).is_null()) fail_msg("%s", key);
  }
  assert_string_equal(World::text(machine, "floating_ip_status").c_str(), "NO FLOATING IP");
  assert_string_equal(World::text(machine, "port_randomization_status").c_str(), "NO_FLOATING_IP");
  assert_true(machine.boolean("port_randomization") == false);
  assert_true(machine.boolean("requires_public_ip") == true);
  assert_int_equal(machine.get("security_rules").size(), 0);
  assert_string_equal(machine.get("labels").dump().c_str(), R"(["a=b"])");
  assert_string_equal(World::text(machine.get("environment"), "region").c_str(), "CANADA-1");
  assert_string_equal(World::text(machine.get("flavor"), "name").c_str(), "n3-H100x8");
  assert_int_equal(machine.get("flavor").integer("gpu_count").value_or(-1), 8);
  assert_string_equal(World::text(machine.get("keypair"), "name").c_str(), "ops");
  assert_true(machine.dump().find("secret") == std::string::npos);
  const Json flavors = world.get("/core/flavors?region=CANADA-1").get("data").at(0).get("flavors");
  assert_true(flavors.at(0).integer("id") == machine.get("flavor").integer("id"));
}

void several_machines_are_told_apart_by_a_suffix(void**) {
  World world;
  const Json made = order(world, R"("count":3,"name":"n")");
  assert_int_equal(made.size(), 3);
  for (std::size_t i = 0; i < made.size(); ++i)
    assert_string_equal(World::text(made.at(i), "name").c_str(),
                        ("n-" + std::to_string(i)).c_str());
  assert_true(made.at(0).integer("id") != made.at(1).integer("id"));
  const Json requests = world.admin("/sim/requests").get("requests");
  const Json launch = requests.at(0).get("launch");
  assert_int_equal(launch.integer("machines").value_or(-1), 3);
  assert_string_equal(World::text(launch, "region").c_str(), "CANADA-1");
  assert_string_equal(World::text(launch, "type").c_str(), "n3-H100x8");
}

void order_beyond_the_stock_is_refused_whole(void**) {
  expect_refused(World::launch_body(R"("count":4)"), "400 bad_request", "Insufficient stock");
  World world(R"("capacity_message":"not enough of it")");
  const Served served = world.call("POST", World::kMachines, World::launch_body(R"("count":4)"));
  assert_string_equal(World::text(World::json(served), "message").c_str(), "not enough of it");
  assert_int_equal(order(world, R"("count":3)").size(), 3);
}

void order_beyond_the_stock_can_be_filled_in_part(void**) {
  World world(R"("partial_orders":true)");
  assert_int_equal(order(world, R"("count":2)").size(), 2);
  const Json rest = order(world, R"("count":2,"name":"r")");
  assert_int_equal(rest.size(), 1);
  assert_string_equal(World::text(rest.at(0), "name").c_str(), "r-0");
  assert_int_equal(order(world, R"("count":2)").size(), 0);
}

void order_beyond_the_stock_can_fail_later(void**) {
  World world(R"("overbooks":true)");
  const Json made = order(world, R"("count":4)");
  assert_int_equal(made.size(), 4);
  const auto id = [&](std::size_t i) {
    return std::to_string(made.at(i).integer("id").value_or(0));
  };
  world.advance(100);
  assert_string_equal(world.status(id(2)).c_str(), "ACTIVE");
  assert_string_equal(world.status(id(3)).c_str(), "ERROR");
  const Json events =
      world.get("/core/virtual-machines/" + id(3) + "/events").get("instance_events");
  assert_string_equal(World::text(events.at(1), "reason").c_str(), "InstanceCreationFailed");
  for (const char* what : {"start", "stop", "hard-reboot", "hibernate"})
    assert_string_equal(world.act(id(3), what).c_str(), "400 bad_request");
  assert_string_equal(world.remove(id(3)).c_str(), "200 none");
  world.advance(10);
  assert_string_equal(world.remove(id(3)).c_str(), "404 not_found");
}

void fault_refuses_with_the_same_words(void**) {
  World world(R"("capacity_message":"none left")");
  const char* rule = R"([{"match":{"method":"POST"},"do":"refuse_capacity"}])";
  assert_int_equal(world.change("/sim/faults", rule), 200);
  const Served served = world.call("POST", World::kMachines, World::launch_body());
  assert_string_equal(World::error(served).c_str(), "400 bad_request");
  assert_string_equal(World::text(World::json(served), "message").c_str(), "none left");
}

void usual_answers_bear_their_reason(void**) {
  const struct {
    int status;
    const char* reason;
  } cases[] = {
      {200, "bad_request"},  // "status":false all the same
      {400, "bad_request"},
      {401, "unauthorized"},
      {402, "none"},
      {403, "forbidden"},
      {404, "not_found"},
      {405, "not_allowed"},
      {409, "already_exist"},
      {406, "none"},
      {418, "bad_request"},
      {422, "none"},
      {429, "none"},
      {500, "server_error"},
      {503, "server_error"},
  };
  for (const auto& each : cases) {
    World world;
    const std::string rule =
        R"([{"match":{},"do":"status","status":)" + std::to_string(each.status) + "}]";
    assert_int_equal(world.change("/sim/faults", rule), 200);
    const Served served = world.call("GET", "/pricebook");
    if (World::error(served) != std::to_string(each.status) + " " + each.reason ||
        World::json(served).boolean("status") != false)
      fail_msg("%d: %s", each.status, served.answer.body.c_str());
  }
}

void refusals_can_come_with_200(void**) {
  World world(R"("errors_as_200":true)");
  const Served served = world.call("POST", World::kMachines, World::launch_body(R"("count":4)"));
  assert_string_equal(World::error(served).c_str(), "200 bad_request");
  assert_true(World::json(served).boolean("status") == false);
  assert_string_equal(World::error(world.call("GET", "/core/virtual-machines/1")).c_str(),
                      "404 not_found");
  assert_string_equal(World::error(world.call("POST", "/pricebook")).c_str(), "405 not_allowed");
  assert_string_equal(World::error(world.call_as("wrong", "GET", "/pricebook")).c_str(),
                      "401 unauthorized");
}

void names_are_free_unless_the_scenario_says_otherwise(void**) {
  World free;
  assert_string_not_equal(free.launch().c_str(), "");
  assert_string_not_equal(free.launch().c_str(), "");
  World unique(R"("unique_names":true)");
  assert_int_equal(order(unique, R"("count":2)").size(), 2);
  const auto again = [&](const char* more) {
    return World::error(unique.call("POST", World::kMachines, World::launch_body(more)));
  };
  assert_string_equal(again(R"("name":"gpu-1")").c_str(), "409 already_exist");
  assert_string_equal(again(R"("count":3,"flavor_name":"n3-H100x1")").c_str(), "409 already_exist");
  assert_string_equal(again("").c_str(), "200 none");
}

void credit_must_last_for_an_hour_of_all_machines(void**) {
  World world(R"("credit_cents":4100)");  // two machines of 20 dollars an hour, and an address
  const auto again = [&](const char* more = "") {
    return World::error(world.call("POST", World::kMachines, World::launch_body(more)));
  };
  const auto credit = [&] { return world.get("/billing/user-credit/credit").get("data"); };
  assert_string_equal(again(R"("count":3)").c_str(), "400 bad_request");
  assert_string_equal(again(R"("count":2)").c_str(), "200 none");
  assert_string_equal(again().c_str(), "400 bad_request");
  assert_true(credit().get("credit").as_decimal() == "41");
  assert_true(credit().boolean("can_create_instance") == true);
  world.advance(100 + 6 * 3600);
  assert_true(credit().get("credit").as_decimal() == "-199");
  assert_true(credit().boolean("can_create_instance") == false);
}

void environment_and_account_are_full_some_time(void**) {
  World quota(R"("quota":2)");
  assert_int_equal(order(quota, R"("count":3)").size(), 0);
  assert_int_equal(order(quota, R"("count":2)").size(), 2);
  const Served served = quota.call("POST", World::kMachines, World::launch_body());
  assert_string_equal(World::error(served).c_str(), "400 bad_request");

  World full;
  const char* change =
      R"({"provider":"hyperstack","type":"n3-H100x1","region":"CANADA-1","capacity":1000})";
  assert_int_equal(full.change("/sim/capacity", change), 200);
  const char* twenty = R"("count":20,"flavor_name":"n3-H100x1")";
  for (int i = 0; i < 12; ++i)
    assert_int_equal(order(full, twenty).size(), 20);
  assert_int_equal(order(full, twenty).size(), 0);
  assert_int_equal(order(full, R"("count":10,"flavor_name":"n3-H100x1")").size(), 10);
  assert_int_equal(order(full, R"("flavor_name":"n3-H100x1")").size(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(order_takes_what_the_documents_allow),
      cmocka_unit_test(order_without_a_member_it_needs_is_refused),
      cmocka_unit_test(order_with_a_member_of_wrong_form_is_refused),
      cmocka_unit_test(rule_of_wrong_form_is_refused),
      cmocka_unit_test(order_for_what_is_not_there_is_refused),
      cmocka_unit_test(new_machine_is_shown_as_it_was_recorded),
      cmocka_unit_test(several_machines_are_told_apart_by_a_suffix),
      cmocka_unit_test(order_beyond_the_stock_is_refused_whole),
      cmocka_unit_test(order_beyond_the_stock_can_be_filled_in_part),
      cmocka_unit_test(order_beyond_the_stock_can_fail_later),
      cmocka_unit_test(fault_refuses_with_the_same_words),
      cmocka_unit_test(usual_answers_bear_their_reason),
      cmocka_unit_test(refusals_can_come_with_200),
      cmocka_unit_test(names_are_free_unless_the_scenario_says_otherwise),
      cmocka_unit_test(credit_must_last_for_an_hour_of_all_machines),
      cmocka_unit_test(environment_and_account_are_full_some_time),
  };
  return cmocka_run_group_tests_name("sim.hyperstack_launch", tests, nullptr, nullptr);
}
