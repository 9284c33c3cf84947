// SPDX-License-Identifier: GPL-2.0-or-later
//
// Time comes from a clock that is handed in; durations carry their unit in the text.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/result.h"

namespace spillway {

using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
};

// The host's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
};

// A clock that stands still until it is moved; for tests and simulations. Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start) : now_(start) {}
  [[nodiscard]] TimePoint now() const override { return now_; }
  void advance(std::chrono::milliseconds by) { now_ += by; }
  void set(TimePoint to) { now_ = to; }

 private:
  TimePoint now_;
};

[[nodiscard]] constexpr TimePoint from_unix_seconds(std::int64_t seconds) {
  return TimePoint(std::chrono::seconds(seconds));
}
[[nodiscard]] constexpr std::int64_t to_unix_seconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// Midnight, UTC, of the first day of its month.
[[nodiscard]] TimePoint start_of_month(TimePoint time);

// "2026-11-24T11:16:26Z", UTC, whole seconds.
[[nodiscard]] std::string format_time(TimePoint time);

// Reads format_time's form, and the fractions and numeric offsets that clouds send
// ("2026-11-24T11:16:26.123456+00:00"). Errors: kInvalid.
[[nodiscard]] Result<TimePoint> parse_time(std::string_view text);

// Reads the date of an HTTP header, "Tue, 24 Nov 2026 11:16:26 GMT" (RFC 9110, IMF-fixdate).
// Errors: kInvalid.
[[nodiscard]] Result<TimePoint> parse_http_date(std::string_view text);

// As a person says it: "8 s", "12 min", "2 h 10 min", "3 d". Negative durations read as "0 s".
[[nodiscard]] std::string format_duration(std::chrono::seconds duration);

// Reads "90s", "10m", "2h", "1d" and their sums in falling order ("1h30m"). A number without a
// unit is refused: nobody can know what it meant. Errors: kInvalid.
[[nodiscard]] Result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace spillway
