// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>

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

}  // namespace spillway
