// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/plan.h"

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Pool make_pool(const std::string& name, bool infiniband) {
  Pool pool;
  pool.name = name;
  for (int number = 1; number <= 8; ++number)
    pool.nodes.push_back(name + "-00" + std::to_string(number));
  pool.shape = Shape{"h100", 8, 96, std::int64_t{900} * 1024, infiniband};
  pool.offers = {{"voltage-park", "", "", infiniband ? "infiniband" : ""}};
  if (!infiniband) pool.offers.push_back({"lambda", "", "", ""});
  return pool;
}

Offer make_offer(const OfferId& id, std::int64_t cents, std::chrono::seconds boot) {
  Offer offer;
  offer.id = id;
  offer.gpu = "h100";
  offer.gpus = 8;
  offer.cpus = 208;
  offer.memory_mib = std::int64_t{1800} * 1024;
  offer.infiniband = id.fabric == "infiniband";
  offer.price_per_hour = Money::from_cents(cents);
  offer.boot_time = boot;
  return offer;
}

const OfferId kFabric{
    "voltage-park", "3f2a1b2c-0000-4000-8000-000000000000", "bare-metal", "infiniband"};
const OfferId kEthernet{
    "voltage-park", "3f2a1b2c-0000-4000-8000-000000000000", "bare-metal", "ethernet"};

// Two pools, one of them with InfiniBand; two providers, one of which orders one by one.
struct Case {
  Case() {
    config.file = "/etc/spillway/spillway.yaml";
    config.pools = {make_pool("h100ib", true), make_pool("h100", false)};
    need.nodes = need.nodes_most = 4;
    need.gpus_per_node = 8;
    need.time_limit = minutes(360);
    ProviderAnswer voltage_park;
    voltage_park.provider = "voltage-park";
    voltage_park.capabilities.machines_per_order = 16;
    voltage_park.offers = {make_offer(kFabric, 1'992, minutes(15)),
                           make_offer(kEthernet, 1'592, minutes(15))};
    ProviderAnswer lambda;
    lambda.provider = "lambda";
    lambda.capabilities.between_orders = seconds(12);
    lambda.offers = {make_offer(h100_offer(), 2'392, minutes(25))};
    answers = {voltage_park, lambda};
  }
  [[nodiscard]] PlanInput input() const {
    return {config, need, pool, answers, cooldowns, committed, kNow};
  }
  [[nodiscard]] std::string screen() const {
    return plan_screen(input(), make_plans(input()), false);
  }

  Config config;
  Need need;
  std::string pool;
  std::vector<ProviderAnswer> answers;
  std::map<OfferId, Cooldown> cooldowns;
  Commitment committed;
};

// The plan of the pool on Ethernet.
PoolPlan plan_of(const Case& given) {
  return make_plans(given.input()).at(1);
}

std::string only_exclusion(const Case& given) {
  const auto plan = plan_of(given);
  if (plan.excluded.size() != 1) fail_msg("%zu are out", plan.excluded.size());
  return format_offer_id(plan.excluded[0].offer) + ": " + plan.excluded[0].why;
}

}  // namespace

static void each_pool_has_its_ranked_offers_with_cost_and_time(void**) {
  Case given;
  expect_text(given.screen(), R"(pool h100ib: 4 nodes x 8 GPUs, for 6 h
   PROVIDER      REGION    TYPE        FABRIC      READY IN  EXPECTED COST
1  voltage-park  3f2a1b2c  bare-metal  infiniband  15 min    4 x 19.92 $/h x 6 h 15 min = 498.00 $

pool h100: 4 nodes x 8 GPUs, for 6 h
   PROVIDER      REGION     TYPE              FABRIC      READY IN                     EXPECTED COST
1  voltage-park  3f2a1b2c   bare-metal        ethernet    15 min                       4 x 15.92 $/h x 6 h 15 min = 398.00 $
2  voltage-park  3f2a1b2c   bare-metal        infiniband  15 min                       4 x 19.92 $/h x 6 h 15 min = 498.00 $
3  lambda        us-east-1  gpu_8x_h100_sxm5  ethernet    25 min 36 s (36 s to order)  4 x 23.92 $/h x 6 h 25 min = 613.95 $
)");
  assert_true(has_place(make_plans(given.input())));
}

static void what_is_out_says_why_and_until_when(void**) {
  Case given;
  given.pool = "h100";
  given.answers[0].offers[1].stock = 3;
  given.answers[0].offers[0].price_per_hour.reset();
  given.cooldowns[h100_offer()] = {h100_offer(), 2, kNow + minutes(6), "HTTP 400: no\ncapacity"};
  expect_text(given.screen(), R"(pool h100: 4 nodes x 8 GPUs, for 6 h
   PROVIDER      REGION     TYPE              FABRIC      READY IN  EXPECTED COST
-  voltage-park  3f2a1b2c   bare-metal        ethernet    -         has 3 of 4 machines
-  voltage-park  3f2a1b2c   bare-metal        infiniband  -         price unknown
-  lambda        us-east-1  gpu_8x_h100_sxm5  ethernet    -         refused, tried again in 6 min: HTTP 400: no capacity
)");
  assert_false(has_place(make_plans(given.input())));
}

static void a_pool_that_does_not_fit_says_why(void**) {
  Case given;
  given.need.infiniband = true;
  expect_text(given.screen(), R"(pool h100ib: 4 nodes x 8 GPUs, InfiniBand, for 6 h
   PROVIDER      REGION    TYPE        FABRIC      READY IN  EXPECTED COST
1  voltage-park  3f2a1b2c  bare-metal  infiniband  15 min    4 x 19.92 $/h x 6 h 15 min = 498.00 $

pool h100 does not fit: needs InfiniBand, has none
)");
}

static void when_no_pool_fits_it_is_said_with_the_file(void**) {
  Case given;
  given.need.gpu = "h200";
  expect_text(given.screen(),
              R"(no pool of /etc/spillway/spillway.yaml fits 4 nodes x 8 GPUs (h200), for 6 h
pool h100ib does not fit: needs h200, has h100
pool h100 does not fit: needs h200, has h100
)");
  assert_false(has_place(make_plans(given.input())));
  given.need.gpu = "";
  given.need.nodes = given.need.nodes_most = 9;
  given.pool = "h100";
  expect_text(given.screen(),
              R"(no pool of /etc/spillway/spillway.yaml fits 9 nodes x 8 GPUs, for 6 h
pool h100 does not fit: needs 9 nodes, has 8
)");
}

static void gpus_that_are_not_told_are_as_many_as_a_node_has(void**) {
  Case given;
  given.need.gpus_per_node = 0;
  assert_int_equal(plan_of(given).need.gpus_per_node, 8);
  assert_int_equal(plan_of(given).places.size(), 3);
  given.need.gpus_per_node = 9;
  expect_text(plan_of(given).misfit, "needs 9 GPUs a node, has 8");
}

static void a_limit_that_would_be_passed_puts_an_offer_out(void**) {
  Case given;
  given.config.policy.limits.spend_per_hour = Money::from_cents(9'000);
  expect_text(only_exclusion(given).substr(0, 37), "lambda us-east-1 gpu_8x_h100_sxm5: li");
  given.committed.per_hour = Money::from_cents(9'000);
  assert_true(plan_of(given).places.empty());
  given.config.policy.limits.spend_per_hour.reset();
  assert_int_equal(plan_of(given).places.size(), 3);
}

static void a_price_above_the_cap_puts_an_offer_out(void**) {
  Case given;
  given.config.policy.max_price_per_gpu_hour = Money::from_cents(250);
  expect_text(only_exclusion(given),
              "lambda us-east-1 gpu_8x_h100_sxm5: 2.99 $/GPU-h is over the cap of 2.50");
}

static void whole_hours_and_minimums_are_billed_as_the_provider_does(void**) {
  Case given;
  given.answers[0].offers[1].billing = {minutes(60), seconds(0)};
  assert_true(plan_of(given).places.at(0).billed == minutes(420));
  assert_int_equal(plan_of(given).places.at(0).ranked.expected_cost.micros(), 445'760'000);
  given.answers[0].offers[1].billing = {minutes(1), minutes(600)};
  const auto places = plan_of(given).places;
  assert_true(places.at(2).billed == minutes(600));
}

static void orders_that_are_parted_delay_the_last_machine(void**) {
  const struct {
    int machines;
    int at_once;
    std::chrono::milliseconds between;
    seconds ordering;
  } cases[] = {
      {4, 1, seconds(12), seconds(36)},
      {4, 4, seconds(12), seconds(0)},
      {5, 4, seconds(12), seconds(12)},
      {8, 4, seconds(12), seconds(12)},
      {1, 1, seconds(12), seconds(0)},
      {3, 1, std::chrono::milliseconds(1'100), seconds(3)},
      {2, 0, seconds(12), seconds(12)},
  };
  for (const auto& each : cases) {
    Case given;
    given.need.nodes = given.need.nodes_most = each.machines;
    given.answers.erase(given.answers.begin());
    given.answers[0].capabilities.machines_per_order = each.at_once;
    given.answers[0].capabilities.between_orders = each.between;
    const auto place = plan_of(given).places.at(0);
    assert_true(place.ordering == each.ordering);
    assert_true(place.ready_in == minutes(25) + each.ordering);
  }
}

static void a_faster_gpu_ranks_by_what_it_does(void**) {
  Case given;
  given.config.policy.performance["h100"] = 2'000;
  const auto text = given.screen();
  assert_true(text.find("= 498.00 $, ranks as 249.00 $ by policy.performance\n") !=
              std::string::npos);
}

static void who_did_not_answer_is_told(void**) {
  Case given;
  given.pool = "h100ib";
  given.answers[0].offers.clear();
  given.answers[0].error = Error{ErrorCode::kUnauthorized, "HTTP 401: key refused", {}};
  expect_text(given.screen(), R"(pool h100ib: 4 nodes x 8 GPUs, for 6 h
no offer of the providers that answered stands behind it

voltage-park: no answer: HTTP 401: key refused
)");
}

static void json_has_the_same_facts_with_units(void**) {
  Case given;
  given.need.infiniband = true;
  given.answers[1].error = Error{ErrorCode::kTransient, "no route", {}};
  const auto json = plan_json(given.input(), make_plans(given.input()));
  expect_text(*json.string("at"), "2026-11-24T14:00:00Z");
  assert_int_equal(*json.integer("time_limit_minutes"), 360);
  assert_int_equal(json.get("failures").size(), 1);
  expect_text(json.get("pools").at(0).dump(),
              "{\"pool\":\"h100ib\",\"fits\":true,\"misfit\":null,\"nodes\":4,\"gpus_per_node\":8,"
              "\"places\":[{\"provider\":\"voltage-park\",\"region\":"
              "\"3f2a1b2c-0000-4000-8000-000000000000\",\"type\":\"bare-metal\",\"fabric\":"
              "\"infiniband\",\"price_microusd_per_hour\":19920000,\"price_source\":\"live\","
              "\"stock\":null,\"billed_seconds\":22500,\"expected_cost_microusd\":498000000,"
              "\"score_microusd\":498000000,\"ordering_seconds\":0,\"ready_in_seconds\":900}],"
              "\"excluded\":[]}");
  const auto other = json.get("pools").at(1);
  assert_false(*other.boolean("fits"));
  expect_text(*other.string("misfit"), "needs InfiniBand, has none");
  given.need.infiniband = false;
  given.cooldowns[h100_offer()] = {h100_offer(), 2, kNow + minutes(6), "no capacity"};
  const auto excluded =
      plan_json(given.input(), make_plans(given.input())).get("pools").at(1).get("excluded").at(0);
  expect_text(*excluded.string("why"), "refused");
  expect_text(*excluded.string("words"), "no capacity");
  expect_text(*excluded.string("until"), "2026-11-24T14:06:00Z");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_pool_has_its_ranked_offers_with_cost_and_time),
      cmocka_unit_test(what_is_out_says_why_and_until_when),
      cmocka_unit_test(a_pool_that_does_not_fit_says_why),
      cmocka_unit_test(when_no_pool_fits_it_is_said_with_the_file),
      cmocka_unit_test(gpus_that_are_not_told_are_as_many_as_a_node_has),
      cmocka_unit_test(a_limit_that_would_be_passed_puts_an_offer_out),
      cmocka_unit_test(a_price_above_the_cap_puts_an_offer_out),
      cmocka_unit_test(whole_hours_and_minimums_are_billed_as_the_provider_does),
      cmocka_unit_test(orders_that_are_parted_delay_the_last_machine),
      cmocka_unit_test(a_faster_gpu_ranks_by_what_it_does),
      cmocka_unit_test(who_did_not_answer_is_told),
      cmocka_unit_test(json_has_the_same_facts_with_units),
  };
  return cmocka_run_group_tests_name("cli.plan", tests, nullptr, nullptr);
}
