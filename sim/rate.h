// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "lib/time.h"

namespace spillway {

// A rate limit: one token every `interval`, and up to `slack` of an interval may be used before
// its time. Over a long time the rate is exact. A refused call uses no token.
class SimRate {
 public:
  SimRate(std::chrono::milliseconds interval, std::chrono::milliseconds slack)
      : interval_(interval), slack_(slack) {}

  // True when a call at `now` is within the rate. REQUIRES: `now` never goes back.
  [[nodiscard]] bool admit(TimePoint now) {
    if (now + slack_ < next_) return false;
    next_ = (now > next_ ? now : next_) + interval_;
    return true;
  }

 private:
  std::chrono::milliseconds interval_;
  std::chrono::milliseconds slack_;
  TimePoint next_{};
};

// So many calls in each window of the clock; once they are used up, all are refused for its rest.
class SimRateWindow {
 public:
  // `spare` calls in the time that as many take at `interval`; an interval of 0 is no limit.
  SimRateWindow(std::chrono::milliseconds interval, std::int64_t spare)
      : window_(interval * spare), calls_(spare) {}

  // REQUIRES: `now` never goes back.
  [[nodiscard]] bool admit(TimePoint now) {
    if (window_.count() == 0) return true;
    const auto window = now.time_since_epoch() / window_;
    if (window != current_) used_ = 0;
    current_ = window;
    return ++used_ <= calls_;
  }

 private:
  std::chrono::milliseconds window_;
  std::int64_t calls_;
  std::int64_t current_ = -1;
  std::int64_t used_ = 0;
};

// One call every `interval` (0: as often as one likes), and how much may come before its time, in
// hundredths of a call.
struct SimRateRule {
  std::chrono::milliseconds interval{0};
  int spare_percent = 0;
};

// What an account may do: calls in general, and those that order machines.
struct SimRates {
  SimRateRule requests;
  SimRateRule orders;
};

class SimRateGate {
 public:
  explicit SimRateGate(const SimRates& rates)
      : requests_(make_rate(rates.requests)), orders_(make_rate(rates.orders)) {}

  // REQUIRES: `now` never goes back.
  [[nodiscard]] bool admit(bool is_order, TimePoint now) {
    return requests_.admit(now) && (!is_order || orders_.admit(now));
  }

 private:
  [[nodiscard]] static SimRate make_rate(const SimRateRule& rule) {
    return {rule.interval, rule.interval * rule.spare_percent / 100};
  }

  SimRate requests_;
  SimRate orders_;
};

}  // namespace spillway
