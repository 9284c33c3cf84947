// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/ranking.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/caps.h"
#include "core/cooldown.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr TimePoint kNow = from_unix_seconds(1'795'277'410);

Offer make_offer(const std::string& region, std::int64_t cents) {
  Offer offer;
  offer.id = {"lambda", region, "gpu_8x_h100_sxm5", "ethernet"};
  offer.gpu = "h100";
  offer.gpus = 8;
  offer.cpus = 208;
  offer.memory_mib = std::int64_t{1800} * 1024;
  offer.price_per_hour = Money::from_cents(cents);
  offer.boot_time = minutes(10);
  return offer;
}

struct Fixture {
  Fixture() {
    pool.name = "h100";
    pool.shape = Shape{"h100", 8, 96, 900 * 1024, false};
    pool.offers = {OfferFilter{"lambda", "", "", ""}};
    need.gpus_per_node = 8;
    need.nodes = 2;
    need.time_limit = minutes(60);
    offers = {make_offer("east", 2400), make_offer("west", 2200)};
  }
  [[nodiscard]] Ranking rank() const {
    return rank_offers(need, pool, Market{offers, config, cooldowns, kNow});
  }
  Pool pool;
  Need need;
  std::vector<Offer> offers;
  Config config;
  std::map<OfferId, Cooldown> cooldowns;
};

struct Exclusion {
  const char* what;
  std::function<void(Fixture&)> change;  // of the cheaper one, offers[1]
  const char* because;
};

}  // namespace

static void the_cheapest_for_the_whole_job_comes_first(void**) {
  Fixture fixture;
  const auto ranking = fixture.rank();
  assert_int_equal(ranking.places.size(), 2);
  assert_string_equal(ranking.places[0].offer.id.region.c_str(), "west");
  // two machines, 22 $/h, 10 min boot and 60 min run
  assert_int_equal(ranking.places[0].expected_cost.micros(), 51'333'334);
}

static void a_minimum_charge_can_make_the_lower_price_dearer(void**) {
  Fixture fixture;
  fixture.offers[1].billing.minimum = std::chrono::hours(2);
  assert_string_equal(fixture.rank().places[0].offer.id.region.c_str(), "east");
}

static void an_offer_that_does_not_fit_is_left_out_with_the_reason(void**) {
  const std::vector<Exclusion> cases = {
      {"other GPU", [](Fixture& f) { f.offers[1].gpu = "a100"; }, "GPU is a100"},
      {"fewer GPUs", [](Fixture& f) { f.offers[1].gpus = 4; }, "GPUs: has 4"},
      {"fewer CPUs", [](Fixture& f) { f.offers[1].cpus = 64; }, "CPUs: has 64"},
      {"less memory", [](Fixture& f) { f.offers[1].memory_mib = 1024; }, "MiB of memory"},
      {"no InfiniBand", [](Fixture& f) { f.need.infiniband = true; }, "no InfiniBand"},
      {"no price", [](Fixture& f) { f.offers[1].price_per_hour.reset(); }, "price unknown"},
      {"over the cap",
       [](Fixture& f) { f.config.policy.max_price_per_gpu_hour = Money::from_cents(274); },
       "over the cap"},
      {"catalog price under a cap",
       [](Fixture& f) {
         f.offers[1].price_source = PriceSource::kCatalog;
         f.config.policy.max_price_per_gpu_hour = Money::from_cents(900);
       },
       "catalog"},
      {"sold out", [](Fixture& f) { f.offers[1].stock = 0; }, "sold out"},
      {"too few", [](Fixture& f) { f.offers[1].stock = 1; }, "has 1 of 2"},
      {"cooling down",
       [](Fixture& f) {
         const OfferId id{"lambda", "west", "gpu_8x_h100_sxm5", "ethernet"};
         f.cooldowns[id] = Cooldown{id, 1, kNow + seconds(30), "none left"};
       },
       "refused"},
      {"account cooling down",
       [](Fixture& f) {
         const OfferId id{"lambda", "", "", ""};
         f.cooldowns[id] = Cooldown{id, 1, kNow + seconds(30), "no credit"};
       },
       "account refused"},
  };
  for (const auto& c : cases) {
    Fixture fixture;
    c.change(fixture);
    const auto ranking = fixture.rank();
    bool found = false;
    for (const auto& excluded : ranking.excluded) {
      found |= excluded.offer.region == "west" && excluded.why.find(c.because) != std::string::npos;
    }
    if (!found) fail_msg("%s: %s", c.what, format_exclusions(ranking, Telling::kInFull).c_str());
  }
}

static void an_unknown_stock_and_an_ended_cool_down_exclude_nothing(void**) {
  Fixture fixture;
  const OfferId id{"lambda", "west", "gpu_8x_h100_sxm5", "ethernet"};
  fixture.cooldowns[id] = Cooldown{id, 3, kNow, "none left"};
  assert_int_equal(fixture.rank().places.size(), 2);
}

static void a_refusal_on_one_fabric_leaves_the_other(void**) {
  const OfferId ethernet{"voltage-park", "l1", "bare-metal", "ethernet"};
  const OfferId infiniband{"voltage-park", "l1", "bare-metal", "infiniband"};
  const Error shortage{ErrorCode::kNoCapacity, "none left", {}};
  const auto cooldown = next_cooldown(nullptr, ethernet, shortage, Timing{}, kNow);
  const std::map<OfferId, Cooldown> cooldowns{{cooldown.offer, cooldown}};
  assert_non_null(find_cooldown(cooldowns, ethernet, kNow));
  assert_null(find_cooldown(cooldowns, infiniband, kNow));
}

static void a_region_that_is_a_uuid_is_told_by_its_first_digits(void**) {
  struct Row {
    const char* region;
    const char* told;
  };
  for (const auto& [region, told] : {Row{"us-east-1", "us-east-1"},
                                     Row{"3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35", "3f2a6c1e"},
                                     Row{"3F2A6C1E-5D0B-4E6F-9A41-7C0D8E2B1F35", "3F2A6C1E"},
                                     Row{"3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f3", ""},
                                     Row{"3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f355", ""},
                                     Row{"3f2a6c1e_5d0b_4e6f_9a41_7c0d8e2b1f35", ""},
                                     Row{"gf2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35", ""},
                                     Row{"", ""}}) {
    const std::string expected = *told == '\0' ? region : told;
    if (format_region(region) != expected) fail_msg("%s", region);
  }
  const OfferId id{
      "voltage-park", "3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35", "bare-metal", "infiniband"};
  assert_string_equal(format_offer_id(id).c_str(), "voltage-park 3f2a6c1e bare-metal infiniband");
}

static void ties_go_to_fewer_troubles_then_faster_boot_then_name(void**) {
  Fixture fixture;
  fixture.offers = {make_offer("b", 2400), make_offer("a", 2400)};
  assert_string_equal(fixture.rank().places[0].offer.id.region.c_str(), "a");
  const OfferId id{"lambda", "a", "gpu_8x_h100_sxm5", "ethernet"};
  fixture.cooldowns[id] = Cooldown{id, 3, kNow - minutes(5), "none left"};
  assert_string_equal(fixture.rank().places[0].offer.id.region.c_str(), "b");
  fixture.cooldowns[id] = Cooldown{id, 0, kNow - minutes(5), "did not come up", 1};
  assert_string_equal(fixture.rank().places[0].offer.id.region.c_str(), "b");
  fixture.cooldowns.clear();
  fixture.offers[0].boot_time = minutes(9);
  assert_string_equal(fixture.rank().places[0].offer.id.region.c_str(), "b");
}

static void cool_downs_double_up_to_the_longest_and_tell_causes_apart(void**) {
  const auto offer = make_offer("east", 2400).id;
  const Timing timing;
  const Error shortage{ErrorCode::kNoCapacity, "none left", {}};
  auto cooldown = next_cooldown(nullptr, offer, shortage, timing, kNow);
  auto previous = seconds(0);
  for (int refusal = 1; refusal < 12; ++refusal) {
    const auto length = std::chrono::duration_cast<seconds>(cooldown.until - kNow);
    // Doubles; at the longest only the jitter differs.
    assert_true(length >= std::min(previous, timing.cooldown_longest));
    assert_true(length <= timing.cooldown_longest * 5 / 4);
    previous = length;
    const auto last = cooldown;
    cooldown = next_cooldown(&last, offer, shortage, timing, kNow);
    assert_int_equal(cooldown.refusals, refusal + 1);
  }
  assert_true(previous >= timing.cooldown_longest);
  assert_string_equal(cooldown.offer.region.c_str(), "east");
  const Error refused{ErrorCode::kUnauthorized, "bad key", {}};
  const auto account = next_cooldown(nullptr, offer, refused, timing, kNow);
  assert_string_equal(account.offer.region.c_str(), "");
  assert_true(account.until - kNow >= timing.cooldown_longest);
}

static void caps_count_what_is_wanted_before_it_bills(void**) {
  Books books;
  Lease lease;
  lease.id = 1;
  lease.offer = make_offer("east", 2400).id;
  lease.price_per_hour = Money::from_cents(2400);
  books.leases[1] = lease;
  for (std::int64_t id = 1; id <= 3; ++id) {
    Machine machine;
    machine.id = id;
    machine.lease = 1;
    machine.state = id == 3 ? MachineState::kGone : MachineState::kWanted;
    books.machines[id] = machine;
  }
  const auto committed = count_commitment(books, Money::from_cents(100), 0, kNow);
  assert_int_equal(committed.machines, 2);
  assert_int_equal(committed.per_hour.micros(), 48'000'000);
  Config config;
  const auto offer = make_offer("east", 2400);
  assert_string_equal(cap_trouble(committed, offer, 1, config).c_str(), "");
  config.policy.limits.machines = 2;
  assert_string_not_equal(cap_trouble(committed, offer, 1, config).c_str(), "");
  config.policy.limits = Limits{};
  config.policy.limits.spend_per_hour = Money::from_cents(7199);
  assert_string_not_equal(cap_trouble(committed, offer, 1, config).c_str(), "");
  config.policy.limits.spend_per_hour = Money::from_cents(7200);
  assert_string_equal(cap_trouble(committed, offer, 1, config).c_str(), "");
  config.policy.limits.spend_per_month = Money::from_cents(2499);
  assert_string_not_equal(cap_trouble(committed, offer, 1, config).c_str(), "");
}

static void the_month_counts_from_its_first_day_and_each_machine_once(void**) {
  const auto month = start_of_month(kNow);
  Books books;
  Lease lease;
  lease.id = 1;
  lease.offer = make_offer("east", 2400).id;
  lease.price_per_hour = Money::from_cents(2400);
  books.leases[1] = lease;
  const auto add = [&](std::int64_t id, MachineState state, TimePoint from) {
    Machine machine;
    machine.id = id;
    machine.lease = 1;
    machine.state = state;
    machine.billed_from = from;
    if (state == MachineState::kGone) machine.billed_to = month + std::chrono::hours(2);
    books.machines[id] = machine;
  };
  add(1, MachineState::kReady, month - std::chrono::hours(264));
  add(2, MachineState::kGone, month);  // its lease is open: no sum of the ended ones has it
  const auto now = month + std::chrono::hours(3);
  const auto committed = count_commitment(books, Money::from_cents(100), 0, now);
  assert_int_equal(committed.this_month.micros(), 1'000'000 + 72'000'000 + 48'000'000);
  assert_int_equal(committed.machines, 1);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_month_counts_from_its_first_day_and_each_machine_once),
      cmocka_unit_test(the_cheapest_for_the_whole_job_comes_first),
      cmocka_unit_test(a_minimum_charge_can_make_the_lower_price_dearer),
      cmocka_unit_test(an_offer_that_does_not_fit_is_left_out_with_the_reason),
      cmocka_unit_test(an_unknown_stock_and_an_ended_cool_down_exclude_nothing),
      cmocka_unit_test(a_refusal_on_one_fabric_leaves_the_other),
      cmocka_unit_test(a_region_that_is_a_uuid_is_told_by_its_first_digits),
      cmocka_unit_test(ties_go_to_fewer_troubles_then_faster_boot_then_name),
      cmocka_unit_test(cool_downs_double_up_to_the_longest_and_tell_causes_apart),
      cmocka_unit_test(caps_count_what_is_wanted_before_it_bills)};
  return cmocka_run_group_tests_name("core.ranking", tests, nullptr, nullptr);
}
