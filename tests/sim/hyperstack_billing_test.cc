// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Hyperstack's machines cost, and what it tells of that, by providers/hyperstack.md 2.7 and 5.
#include <string>

#include "tests/sim/hyperstack_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using World = HyperstackWorld;

void bill_runs_from_active_to_the_deletion_with_the_public_ip(void**) {
  World world;
  const std::string id = world.active(R"("assign_floating_ip":true)");
  world.advance(1);
  assert_int_equal(world.cost(), minutes(1, 20'006'720));  // the least is a minute
  world.advance(600);
  assert_string_equal(world.remove(id).c_str(), "200 none");
  world.advance(3600);
  assert_int_equal(world.cost(), minutes(11, 20'006'720));
  World free(R"("public_ip_microusd_per_hour":0)");
  (void)free.active(R"("assign_floating_ip":true)");
  free.advance(3600);
  assert_int_equal(free.cost(), 20'000'000);
}

void bills_are_listed_with_those_of_the_past(void**) {
  World world;
  const std::string first = world.active(R"("name":"one")");
  world.advance(3600);
  assert_string_equal(world.remove(first).c_str(), "200 none");
  world.advance(600);
  const std::string second = world.launch(R"("name":"two")");
  const std::string path = "/billing/billing/history/virtual-machine";
  const Json answer = world.get(path);
  assert_true(answer.boolean("success") == true);
  assert_true(answer.get("status").is_absent());
  const Json history = answer.get("billing_history_vm");
  assert_int_equal(history.integer("total_count").value_or(-1), 2);
  const Json bill = history.get("billing_history").at(0);
  assert_string_equal(World::text(bill.get("attributes"), "resource_name").c_str(), "one");
  assert_string_equal(World::text(bill.get("attributes"), "status").c_str(), "DELETED");
  assert_true(bill.get("metrics").get("incurred_bill").as_decimal() == "20");
  assert_true(bill.get("metrics").get("price_per_hour").as_decimal() == "20");
  assert_int_equal(bill.get("metrics").integer("usage_time").value_or(-1), 3600);
  assert_true(bill.get("metrics").get("non_discounted_bill").is_absent());
  const auto one = [&](const std::string& rest) {
    return world.get(path + rest).get("billing_history_vm_details").get("billing_history").at(0);
  };
  assert_true(one("/" + second).get("attributes").get("status").is_absent());
  assert_true(one("/" + second).get("metrics").get("incurred_bill").as_decimal() == "0");
  assert_true(one("/" + first).get("metrics").get("non_discounted_bill").as_decimal() == "20");
  // The first was active from 1,795,000,100 for an hour.
  const TimePoint start = from_unix_seconds(1'795'000'100 + 1800);
  const std::string from = format_time(start).substr(0, 19);
  assert_true(one("/" + first + "?start_date=" + from).get("metrics").integer("usage_time") ==
              1800);
  assert_true(
      one("/" + first + "?end_date=" + from).get("metrics").get("incurred_bill").as_decimal() ==
      "10");
  assert_int_equal(
      world.get(path + "?search=TWO").get("billing_history_vm").integer("total_count").value_or(-1),
      1);
  assert_int_equal(world.get(path + "?per_page=1&page=2")
                       .get("billing_history_vm")
                       .get("billing_history")
                       .size(),
                   1);
  assert_int_equal(world.call("GET", path + "?start_date=yesterday").answer.status, 400);
  assert_int_equal(world.call("GET", path + "?page=0").answer.status, 400);
  assert_int_equal(world.call("GET", path + "/7").answer.status, 404);
}

void dashboard_counts_what_there_is(void**) {
  World world;
  (void)world.launch(R"("count":2)");
  const std::string id = world.launch(R"("flavor_name":"n3-H100x1")");
  const auto instance = [&] {
    return world.get("/core/dashboard").get("overview").get("instance");
  };
  assert_int_equal(instance().integer("count").value_or(-1), 3);
  assert_int_equal(instance().integer("gpus").value_or(-1), 17);
  assert_true(instance().get("cost_per_hour").as_decimal() == "42.5");
  world.advance(50);
  assert_string_equal(world.remove(id).c_str(), "200 none");
  assert_int_equal(instance().integer("count").value_or(-1), 3);
  assert_true(instance().get("cost_per_hour").as_decimal() == "40");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bill_runs_from_active_to_the_deletion_with_the_public_ip),
      cmocka_unit_test(bills_are_listed_with_those_of_the_past),
      cmocka_unit_test(dashboard_counts_what_there_is),
  };
  return cmocka_run_group_tests_name("sim.hyperstack_billing", tests, nullptr, nullptr);
}
