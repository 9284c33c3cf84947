// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/clock.h"

#include <cstdlib>
#include <ctime>

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::hours;
using std::chrono::minutes;

static void a_moment_is_named_as_short_as_it_is_clear(void**) {
  const struct {
    std::chrono::minutes later;
    const char* text;
  } cases[] = {
      {minutes(0), "14:00"},
      {minutes(65), "15:05"},
      {hours(9) + minutes(59), "23:59"},
      {hours(10), "Wed 00:00"},
      {hours(-14), "00:00"},
      {hours(-14) - minutes(1), "Mon 23:59"},
      {hours(6 * 24) - minutes(1), "Mon 13:59"},
      {hours(6 * 24), "2026-11-30 14:00"},
      {hours(-6 * 24), "2026-11-18 14:00"},
      {hours(365 * 24), "2027-11-24 14:00"},
  };
  for (const auto& each : cases)
    expect_text(format_clock(kNow + each.later, kNow), each.text);
}

static void days_are_those_of_the_place(void**) {
  setenv("TZ", "JST-9", 1);
  tzset();
  expect_text(format_clock(kNow, kNow), "23:00");
  expect_text(format_clock(kNow + hours(1), kNow), "Wed 00:00");
  setenv("TZ", "UTC", 1);
  tzset();
}

int main() {
  setenv("TZ", "UTC", 1);
  tzset();
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_moment_is_named_as_short_as_it_is_clear),
      cmocka_unit_test(days_are_those_of_the_place),
  };
  return cmocka_run_group_tests_name("cli.clock", tests, nullptr, nullptr);
}
