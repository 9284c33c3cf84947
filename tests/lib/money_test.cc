// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/money.h"

#include <limits>

#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::seconds;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

void cost_is_rounded_to_the_nearest_micro_dollar_halves_up(void**) {
  struct Case {
    std::int64_t per_hour;
    std::int64_t duration;
    std::int64_t cost;
  };
  const Case cases[] = {
      {0, 3600, 0},
      {23'920'000, 0, 0},
      {23'920'000, 3600, 23'920'000},
      {31'920'000, 60, 532'000},
      {1, 1799, 0},
      {1, 1800, 1},
      {1, 5399, 1},
      {1, 5400, 2},
      {10'000, 1, 3},
      {2'490'000, 100, 69'167},
      {kMost, 3600, kMost},
      {kMost, 3601, kMost},
      {kMost, kMost, kMost},
  };
  for (const Case& c : cases) {
    const Money cost = cost_of(Money::from_micros(c.per_hour), seconds(c.duration));
    if (cost.micros() != c.cost) {
      fail_msg("%lld/h for %lld s: %lld, not %lld",
               static_cast<long long>(c.per_hour),
               static_cast<long long>(c.duration),
               static_cast<long long>(cost.micros()),
               static_cast<long long>(c.cost));
    }
  }
}

void price_is_divided_to_the_nearest_micro_dollar(void**) {
  assert_int_equal(divide(Money::from_cents(3192), 8).micros(), 3'990'000);
  assert_int_equal(divide(Money::from_micros(10), 4).micros(), 3);
  assert_int_equal(divide(Money::from_micros(10), 3).micros(), 3);
  assert_int_equal(divide(Money::from_micros(-10), 4).micros(), -2);
  assert_int_equal(divide(Money::from_micros(kMost), 1).micros(), kMost);
}

void money_is_shown_with_two_decimals(void**) {
  struct Case {
    std::int64_t micros;
    const char* text;
  };
  const Case cases[] = {
      {0, "0.00"},
      {4'999, "0.00"},
      {5'000, "0.01"},
      {23'920'000, "23.92"},
      {995'000, "1.00"},
      {-500'000, "-0.50"},
      {-1, "0.00"},
      {-23'920'000, "-23.92"},
      {kMost, "9223372036854.78"},
      {std::numeric_limits<std::int64_t>::min(), "-9223372036854.78"},
  };
  for (const Case& c : cases) {
    const std::string text = format_money(Money::from_micros(c.micros));
    if (text != c.text) fail_msg("%s, not %s", text.c_str(), c.text);
  }
}

void dollars_are_read_exactly(void**) {
  struct Case {
    const char* text;
    std::int64_t micros;
  };
  const Case cases[] = {
      {"0", 0},
      {"0.00", 0},
      {"3.5", 3'500'000},
      {"3.50", 3'500'000},
      {"400", 400'000'000},
      {"007", 7'000'000},
      {"0.000001", 1},
      {"2.490000", 2'490'000},
      {"0.1", 100'000},
      {"9000000000", 9'000'000'000'000'000},
      {"9000000000.000000", 9'000'000'000'000'000},
  };
  for (const Case& c : cases) {
    const Result<Money> money = parse_money(c.text);
    if (!money) fail_msg("'%s' is refused: %s", c.text, money.error().message.c_str());
    if (money->micros() != c.micros) fail_msg("'%s' is read as another amount", c.text);
  }
}

void what_is_no_amount_of_dollars_is_refused(void**) {
  const char* const cases[] = {
      "",          " ",     ".",          "5.",
      ".5",        "-1",    "+1",         "1e3",
      "1E3",       "$3.50", "3.50 USD",   " 3.50",
      "3.50 ",     "3,50",  "1,000.00",   "3.5.0",
      "0.0000001", "1.-5",  "1.+5",       "nan",
      "inf",       "0x10",  "9000000001", "9000000000.000001",
      "1.2345678", "1. 5",  "\xD9\xA3",   "99999999999999999999",
  };
  for (const char* text : cases) {
    const Result<Money> money = parse_money(text);
    if (money) fail_msg("'%s' is accepted", text);
    if (money.error().code != ErrorCode::kInvalid) fail_msg("'%s': not kInvalid", text);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(cost_is_rounded_to_the_nearest_micro_dollar_halves_up),
      cmocka_unit_test(price_is_divided_to_the_nearest_micro_dollar),
      cmocka_unit_test(money_is_shown_with_two_decimals),
      cmocka_unit_test(dollars_are_read_exactly),
      cmocka_unit_test(what_is_no_amount_of_dollars_is_refused),
  };
  return cmocka_run_group_tests_name("lib.money", tests, nullptr, nullptr);
}
