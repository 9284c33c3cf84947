// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/money.h"

#include <array>
#include <cinttypes>
#include <cstddef>
#include <cstdio>
#include <limits>

#include "lib/text.h"

namespace spillway {
namespace {

__extension__ typedef __int128 Wide;  // NOLINT: "using" knows no __extension__

constexpr std::int64_t kMicrosPerDollar = 1'000'000;
constexpr std::int64_t kMostDollars = 9'000'000'000;
constexpr std::size_t kMostDecimals = 6;

// numerator / denominator to the nearest whole, halves up. REQUIRES: denominator > 0.
Wide rounded_quotient(Wide numerator, Wide denominator) {
  const Wide twice = 2 * numerator + denominator;
  Wide quotient = twice / (2 * denominator);
  if (twice % (2 * denominator) < 0) --quotient;  // towards minus infinity
  return quotient;
}

Money saturated(Wide micros) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  if (micros > kMost) return Money::from_micros(kMost);
  if (micros < kLeast) return Money::from_micros(kLeast);
  return Money::from_micros(static_cast<std::int64_t>(micros));
}

Error refused(std::string_view text, const char* why) {
  return Error{ErrorCode::kInvalid, "amount '" + printable(text, 40) + "': " + why, {}};
}

}  // namespace

Money cost_of(Money per_hour, std::chrono::seconds duration) {
  constexpr Wide kSecondsPerHour = 3600;
  return saturated(rounded_quotient(Wide{per_hour.micros()} * duration.count(), kSecondsPerHour));
}

Money divide(Money price, std::int64_t parts) {
  return saturated(rounded_quotient(price.micros(), parts));
}

std::string format_money(Money money) {
  constexpr std::int64_t kMicrosPerCent = 10'000;
  constexpr std::int64_t kCentsPerDollar = 100;
  // A quotient by 10,000 always fits, and so does its opposite.
  const auto cents = static_cast<std::int64_t>(rounded_quotient(money.micros(), kMicrosPerCent));
  const std::int64_t size = cents < 0 ? -cents : cents;
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(),
                      text.size(),
                      "%s%" PRId64 ".%02" PRId64,
                      cents < 0 ? "-" : "",
                      size / kCentsPerDollar,
                      size % kCentsPerDollar);
  return text.data();
}

Result<Money> parse_money(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto dollars = parse_whole_number(text.substr(0, point), kMostDollars);
  if (!dollars) return refused(text, "not dollars such as 3.50, at most 9000000000");
  if (point == std::string_view::npos) return Money::from_micros(*dollars * kMicrosPerDollar);

  std::string decimals(text.substr(point + 1));
  if (decimals.size() > kMostDecimals) return refused(text, "more than six decimals");
  const bool has_decimals = !decimals.empty();
  decimals.resize(kMostDecimals, '0');
  const auto micros = parse_whole_number(decimals);
  if (!has_decimals || !micros) return refused(text, "not dollars such as 3.50");
  const Money money = Money::from_micros(*dollars * kMicrosPerDollar + *micros);
  if (money > Money::from_micros(kMostDollars * kMicrosPerDollar)) {
    return refused(text, "more than 9000000000");
  }
  return money;
}

}  // namespace spillway
