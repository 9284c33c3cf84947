// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/invoice.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

struct Case {
  const char* name;
  std::int64_t microusd_per_hour;
  std::int64_t from_ms;
  std::int64_t to_ms;
  int quantum;
  int minimum;
  std::int64_t cost;
};

TimePoint at(std::int64_t milliseconds) {
  return TimePoint(std::chrono::milliseconds(milliseconds));
}

void cost_counts_each_begun_minute(void**) {
  // 31.92 dollars an hour are 532,000 micro-dollars a minute; 4.29 are 71,500; 0.75 are 12,500.
  const Case cases[] = {
      {"no time", 31'920'000, 5'000, 5'000, 60, 0, 0},
      {"less than a second", 31'920'000, 5'100, 5'900, 60, 0, 0},
      {"one second", 31'920'000, 5'000, 6'000, 60, 0, 532'000},
      {"a second begins with its number", 31'920'000, 5'900, 6'000, 60, 0, 532'000},
      {"exactly a minute", 31'920'000, 0, 60'000, 60, 0, 532'000},
      {"a minute and a second", 31'920'000, 0, 61'000, 60, 0, 1'064'000},
      {"an hour", 31'920'000, 0, 3'600'000, 60, 0, 31'920'000},
      {"seven minutes at 4.29", 4'290'000, 0, 400'000, 60, 0, 500'500},
      {"halves are rounded up", 30, 0, 1'000, 60, 0, 1},
      {"less than half is nothing", 29, 0, 1'000, 60, 0, 0},
      {"by the second", 3'600'000, 0, 7'000, 1, 0, 7'000},
      {"by the hour", 3'600'000, 0, 3'601'000, 3600, 0, 7'200'000},
      {"the minimum", 3'600'000, 0, 1'000, 60, 600, 600'000},
      {"beyond the minimum", 3'600'000, 0, 601'000, 60, 600, 660'000},
      {"no minimum without a second", 3'600'000, 0, 999, 60, 600, 0},
      {"time that went back", 3'600'000, 9'000, 1'000, 60, 0, 0},
  };
  for (const Case& each : cases) {
    const SimBilling billing{std::chrono::seconds(each.quantum),
                             std::chrono::seconds(each.minimum)};
    const Money cost = billed_cost(
        Money::from_micros(each.microusd_per_hour), at(each.from_ms), at(each.to_ms), billing);
    if (cost.micros() != each.cost)
      fail_msg("%s: %s, not %s",
               each.name,
               std::to_string(cost.micros()).c_str(),
               std::to_string(each.cost).c_str());
  }
}

void pauses_count_as_far_as_they_lie_between(void**) {
  const std::vector<SimPause> pauses = {
      {at(10'900), at(20'100)}, {at(30'000), at(30'000)}, {at(40'000), TimePoint::max()}};
  const struct {
    std::int64_t from_ms;
    std::int64_t to_ms;
    std::int64_t seconds;
  } cases[] = {
      {0, 60'000, 10 + 20},
      {0, 10'000, 0},
      {0, 15'000, 5},
      {15'000, 18'500, 3},
      {12'000, 25'000, 8},
      {20'000, 40'000, 0},
      {50'000, 51'000, 1},
      {60'000, 50'000, 0},
  };
  for (const auto& each : cases) {
    const auto paused = paused_time(pauses, at(each.from_ms), at(each.to_ms));
    if (paused.count() != each.seconds)
      fail_msg("%ld to %ld: %ld",
               static_cast<long>(each.from_ms),
               static_cast<long>(each.to_ms),
               static_cast<long>(paused.count()));
  }
  assert_int_equal(paused_time({}, at(0), at(1'000)).count(), 0);
}

void total_is_the_sum_of_the_lines(void**) {
  std::vector<SimInvoiceLine> lines(3);
  lines[0].cost = Money::from_micros(1);
  lines[2].cost = Money::from_micros(532'000);
  assert_int_equal(invoice_total(lines).micros(), 532'001);
  assert_int_equal(invoice_total({}).micros(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(cost_counts_each_begun_minute),
      cmocka_unit_test(pauses_count_as_far_as_they_lie_between),
      cmocka_unit_test(total_is_the_sum_of_the_lines),
  };
  return cmocka_run_group_tests_name("sim.invoice", tests, nullptr, nullptr);
}
