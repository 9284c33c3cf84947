// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/billing.h"

#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr TimePoint kStart = from_unix_seconds(1'795'000'000);
constexpr Money kPrice = Money::from_cents(3'192);  // 8 x H100 at Lambda, an hour
constexpr BillingTerms kByMinute{seconds(60), seconds(0)};

}  // namespace

static void every_begun_quantum_is_paid_and_the_minimum_at_least(void**) {
  const struct {
    const char* name;
    milliseconds ran;
    BillingTerms terms;
    std::int64_t micros;
  } kCases[] = {
      {"no time", milliseconds(0), kByMinute, 0},
      {"a millisecond begins a minute", milliseconds(1), kByMinute, 532'000},
      {"a minute to the dot", seconds(60), kByMinute, 532'000},
      {"a millisecond past a minute", milliseconds(60'001), kByMinute, 1'064'000},
      {"an hour", seconds(3'600), kByMinute, 31'920'000},
      {"by the second", seconds(61), {seconds(1), seconds(0)}, 540'867},
      {"by the hour", seconds(3'601), {seconds(3'600), seconds(0)}, 63'840'000},
      {"below the minimum", seconds(61), {seconds(60), seconds(600)}, 5'320'000},
      {"at the minimum", seconds(600), {seconds(60), seconds(600)}, 5'320'000},
      {"past the minimum", seconds(601), {seconds(60), seconds(600)}, 5'852'000},
      {"no time, with a minimum", seconds(0), {seconds(60), seconds(600)}, 5'320'000},
      {"terms without a quantum", seconds(60), {seconds(0), seconds(0)}, 532'000},
  };
  for (const auto& each : kCases) {
    const Money cost = machine_cost(kStart, kStart + each.ran, kPrice, each.terms);
    if (cost.micros() != each.micros) {
      fail_msg("%s: %lld instead of %lld",
               each.name,
               static_cast<long long>(cost.micros()),
               static_cast<long long>(each.micros));
    }
  }
}

static void an_end_before_the_start_costs_the_minimum_alone(void**) {
  const TimePoint before = kStart - seconds(90);
  assert_int_equal(machine_cost(kStart, before, kPrice, kByMinute).micros(), 0);
  const BillingTerms with_minimum{seconds(60), seconds(60)};
  assert_int_equal(machine_cost(kStart, before, kPrice, with_minimum).micros(), 532'000);
}

static void what_was_paid_before_a_month_began_is_not_of_the_month(void**) {
  const auto month = kStart + seconds(3'600);
  const BillingTerms by_hour{seconds(3'600), seconds(0)};
  const struct {
    const char* name;
    seconds from;  // after kStart
    seconds to;
    BillingTerms terms;
    std::int64_t micros;
  } cases[] = {
      {"all of it in the month", seconds(3'600), seconds(7'200), kByMinute, 31'920'000},
      {"all of it before", seconds(0), seconds(3'600), kByMinute, 0},
      {"half of it before", seconds(0), seconds(7'200), kByMinute, 31'920'000},
      {"its last minute", seconds(0), seconds(3'601), kByMinute, 532'000},
      {"an hour that began before is paid before", seconds(1'800), seconds(5'400), by_hour, 0},
      {"and the next one is not", seconds(1'800), seconds(5'401), by_hour, 31'920'000},
  };
  for (const auto& each : cases) {
    const Money cost =
        machine_cost_since(month, kStart + each.from, kStart + each.to, kPrice, each.terms);
    if (cost.micros() != each.micros)
      fail_msg("%s: %lld", each.name, static_cast<long long>(cost.micros()));
  }
}

static void a_duration_costs_as_much_as_a_machine_that_ran_as_long(void**) {
  assert_int_equal(cost_for(kPrice, seconds(61), kByMinute).micros(), 1'064'000);
  const Money cost = machine_cost(kStart, kStart + seconds(61), kPrice, kByMinute);
  assert_int_equal(cost.micros(), 1'064'000);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_begun_quantum_is_paid_and_the_minimum_at_least),
      cmocka_unit_test(an_end_before_the_start_costs_the_minimum_alone),
      cmocka_unit_test(what_was_paid_before_a_month_began_is_not_of_the_month),
      cmocka_unit_test(a_duration_costs_as_much_as_a_machine_that_ran_as_long),
  };
  return cmocka_run_group_tests_name("core.billing", tests, nullptr, nullptr);
}
