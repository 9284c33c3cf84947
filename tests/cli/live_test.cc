// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/live.h"

#include <algorithm>
#include <functional>

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::milliseconds;

namespace {

Offer make_offer(const char* region, const char* type, const char* gpu, std::int64_t gpus) {
  Offer offer;
  offer.id = {"lambda", region, type, "ethernet"};
  offer.gpu = gpu;
  offer.gpus = static_cast<int>(gpus);
  offer.cpus = 208;
  offer.memory_mib = 1'843'200;
  offer.price_per_hour = Money::from_cents(300 * std::max<std::int64_t>(gpus, 1));
  offer.seen_at = kNow;
  return offer;
}

// One pool that wants eight H100 of Lambda, and a catalog that knows the H100.
struct World {
  World() {
    provider.name = "lambda";
    provider.key_file = "/keys/lambda";
    config.cluster = "hpc1";
    Pool pool;
    pool.name = "h100";
    pool.shape = Shape{"h100", 8, 96, std::int64_t{900} * 1024, false};
    pool.offers = {OfferFilter{"lambda", "gpu_8x_h100_sxm5", "", ""}};
    config.pools = {pool};
    CatalogPrice price;
    price.provider = "lambda";
    price.gpu = "h100";
    price.per_gpu_hour = Money::from_cents(399);
    price.date = kNow;
    catalog.prices = {price};
    offers = {make_offer("us-east-1", "gpu_8x_h100_sxm5", "h100", 8),
              make_offer("us-west-1", "gpu_8x_h100_sxm5", "h100", 8),
              make_offer("us-west-1", "gpu_1x_a10", "a10", 1)};
    offers[0].stock = 0;
  }
  [[nodiscard]] std::string judged() const {
    return check_screen(judge_offers(offers, {config, provider, catalog, kNow}), false);
  }
  Config config;
  ProviderConfig provider;
  Catalog catalog;
  std::vector<Offer> offers;
};

CloudMachine make_machine(const char* id, CloudState state) {
  CloudMachine machine;
  machine.id = id;
  machine.mark = {"hpc1", "0a1b2c", 3, 1};
  machine.state = state;
  machine.address = "198.51.100.1";
  machine.offer = h100_offer();
  return machine;
}

}  // namespace

static void whole_offers_are_counted_and_each_pool_finds_its_own(void**) {
  expect_text(World().judged(),
              "LEVEL  WHAT    FOUND\n"
              "ok     offers  3 offers: 2 types in 2 regions, 2 can be had now\n"
              "ok     offers  GPU models: a10, h100; in no pool and not in the catalog: a10\n"
              "ok     offers  pool h100: 1 offer would do, first lambda us-west-1 "
              "gpu_8x_h100_sxm5 at 24.00 $/h\n"
              "0 failures, 0 warnings\n");
}

static void what_an_offer_does_not_tell_is_named(void**) {
  struct Case {
    const char* what;
    std::function<void(World&)> change;
    const char* said;
  };
  const Case cases[] = {
      {"a price that the catalog has",
       [](World& w) { w.offers[1].price_per_hour.reset(); },
       "warning  offers  no live price, only the catalog's: gpu_8x_h100_sxm5\n"},
      {"a price that nobody has",
       [](World& w) { w.offers[2].price_per_hour.reset(); },
       "warning  offers  no price at all, so never chosen: gpu_1x_a10\n"},
      {"a model",
       [](World& w) { w.offers[2].gpu.clear(); },
       "warning  offers  the GPU's model cannot be told, so no pool can use: gpu_1x_a10\n"},
      {"CPUs",
       [](World& w) { w.offers[2].cpus = 0; },
       "warning  offers  CPUs or memory are not told, so no pool can use: gpu_1x_a10\n"},
      {"memory",
       [](World& w) { w.offers[2].memory_mib = 0; },
       "warning  offers  CPUs or memory are not told, so no pool can use: gpu_1x_a10\n"},
      {"a type",
       [](World& w) {
         w.offers[2].id.type.clear();
         w.offers[2].cpus = 0;
       },
       "so no pool can use: (no type)\n"},
      {"an offer twice",
       [](World& w) { w.offers.push_back(w.offers[2]); },
       "warning  offers  told more than once for one region and fabric: gpu_1x_a10\n"},
      {"a region of the configuration",
       [](World& w) {
         w.provider.regions = {"us-east-1", "us-est-1"};
       },
       "warning  offers  no offer in the region us-est-1\n"},
      {"stock",
       [](World& w) { w.offers[1].stock = 0; },
       "warning  offers  pool h100: none would do now: lambda us-east-1 gpu_8x_h100_sxm5: sold "
       "out; lambda us-west-1 gpu_8x_h100_sxm5: sold out\n"},
      {"the type that a pool names",
       [](World& w) { w.config.pools[0].offers[0].type = "gpu_8x_h100"; },
       "failure  offers  pool h100: none of its offers exists: look at type, region and network: "
       "no offer matches the pool\n"},
  };
  for (const auto& each : cases) {
    World world;
    each.change(world);
    const auto said = world.judged();
    if (said.find(each.said) == std::string::npos) fail_msg("%s:\n%s", each.what, said.c_str());
  }
}

static void pools_of_other_providers_are_none_of_its_business(void**) {
  World world;
  world.config.pools[0].offers[0].provider = "hyperstack";
  if (world.judged().find("pool h100") != std::string::npos) fail_msg("%s", world.judged().c_str());
}

static void no_offer_at_all_is_a_failure_that_names_the_regions(void**) {
  World world;
  world.offers.clear();
  world.provider.regions = {"us-est-1"};
  expect_text(world.judged(),
              "LEVEL    WHAT    FOUND\n"
              "failure  offers  none at all: regions: is one of us-est-1 right?\n"
              "1 failure, 0 warnings\n");
}

static void many_names_are_cut(void**) {
  World world;
  world.offers.clear();
  for (int number = 0; number < 20; ++number) {
    const auto type = "t" + std::to_string(10 + number);
    world.offers.push_back(make_offer("r", type.c_str(), "", 1));
  }
  const auto said = world.judged();
  if (said.find(": t10, t11, t12, t13, t14, t15, t16, t17 and 12 more\n") == std::string::npos) {
    fail_msg("%s", said.c_str());
  }
}

static void machines_are_counted_by_state_and_the_odd_ones_named(void**) {
  const World world;
  const LiveContext context{world.config, world.provider, world.catalog, kNow};
  expect_text(judge_machines({}, context).at(0).text, "none of cluster hpc1");
  auto bare = make_machine("i-3", CloudState::kRunning);
  bare.address.clear();
  bare.offer = {};
  const auto lines = judge_machines(
      {make_machine("i-1", CloudState::kRunning), make_machine("i-2", CloudState::kUnknown), bare},
      context);
  expect_text(check_screen(lines, false),
              "LEVEL    WHAT      FOUND\n"
              "ok       machines  3 machines of cluster hpc1: 2 running, 1 in an unknown state\n"
              "warning  machines  i-2 (spillway-hpc1-0a1b2c-3-1): its status is a word that this "
              "driver does not know: it counts as neither running nor gone\n"
              "warning  machines  i-3 (spillway-hpc1-0a1b2c-3-1): it runs and has no address\n"
              "warning  machines  i-3 (spillway-hpc1-0a1b2c-3-1): its type is not told\n"
              "0 failures, 3 warnings\n");
}

static void slow_calls_are_warned_of(void**) {
  const auto quick =
      judge_calls("check", {{200, milliseconds(900), {}}, {200, milliseconds(340), {}}});
  assert_true(quick.level == CheckLevel::kOk);
  expect_text(quick.text, "check: 2 calls, 1.2 s, the slowest 0.9 s");
  const auto slow = judge_calls("offers", {{0, milliseconds(30'000), {}}});
  assert_true(slow.level == CheckLevel::kWarning);
  expect_text(slow.text, "offers: 1 call, 30 s");
  expect_text(judge_calls("check", {}).text, "check: 0 calls, 0.0 s");
}

static void moments_are_told_to_a_tenth_of_a_second(void**) {
  struct Case {
    milliseconds time;
    const char* text;
  };
  const Case cases[] = {{milliseconds(0), "0.0 s"},
                        {milliseconds(49), "0.0 s"},
                        {milliseconds(50), "0.1 s"},
                        {milliseconds(9'940), "9.9 s"},
                        {milliseconds(10'000), "10 s"},
                        {milliseconds(250'999), "4 min 10 s"}};
  for (const auto& each : cases)
    expect_text(format_moment(each.time), each.text);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(whole_offers_are_counted_and_each_pool_finds_its_own),
      cmocka_unit_test(what_an_offer_does_not_tell_is_named),
      cmocka_unit_test(pools_of_other_providers_are_none_of_its_business),
      cmocka_unit_test(no_offer_at_all_is_a_failure_that_names_the_regions),
      cmocka_unit_test(many_names_are_cut),
      cmocka_unit_test(machines_are_counted_by_state_and_the_odd_ones_named),
      cmocka_unit_test(slow_calls_are_warned_of),
      cmocka_unit_test(moments_are_told_to_a_tenth_of_a_second),
  };
  return cmocka_run_group_tests_name("cli.live", tests, nullptr, nullptr);
}
