// SPDX-License-Identifier: GPL-2.0-or-later
//
// Money is an integer number of micro-dollars. No floating point touches it.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/result.h"

namespace spillway {

class Money {
 public:
  constexpr Money() = default;
  [[nodiscard]] static constexpr Money from_micros(std::int64_t micros) { return Money(micros); }
  [[nodiscard]] static constexpr Money from_cents(std::int64_t cents) {
    return Money(cents * 10'000);
  }

  [[nodiscard]] constexpr std::int64_t micros() const { return micros_; }

  constexpr Money& operator+=(Money other) {
    micros_ += other.micros_;
    return *this;
  }
  friend constexpr Money operator+(Money a, Money b) { return Money(a.micros_ + b.micros_); }
  friend constexpr Money operator-(Money a, Money b) { return Money(a.micros_ - b.micros_); }
  friend constexpr Money operator*(Money a, std::int64_t n) { return Money(a.micros_ * n); }
  friend constexpr auto operator<=>(Money a, Money b) = default;  // NOLINT: no nullptr here

 private:
  explicit constexpr Money(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros_ = 0;
};

// What `duration` costs at `per_hour`, rounded to the nearest micro-dollar, halves up.
// Saturates instead of overflowing. REQUIRES: neither is negative.
[[nodiscard]] Money cost_of(Money per_hour, std::chrono::seconds duration);

// `price / parts`, rounded to the nearest micro-dollar; for a price per GPU. REQUIRES: parts > 0.
[[nodiscard]] Money divide(Money price, std::int64_t parts);

// "23.92": dollars with exactly two decimals, rounded to the nearest cent; no unit.
[[nodiscard]] std::string format_money(Money money);

// Reads dollars as people and clouds write them: "3.5", "3.50", "400", up to six decimals.
// Refuses a sign, an exponent, a currency, blanks, more decimals than a micro-dollar holds, and
// more than 9,000,000,000 dollars. Errors: kInvalid.
[[nodiscard]] Result<Money> parse_money(std::string_view text);

}  // namespace spillway
