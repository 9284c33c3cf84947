// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <optional>

#include "lib/json.h"
#include "sim/rate.h"

namespace spillway {

// How fast a cloud's client calls, held against the rates that the cloud documents: also where the
// scenario has lifted them.
class RateMeter {
 public:
  explicit RateMeter(const SimRates& documented) : documented_(documented) {}

  // REQUIRES: `now` never goes back.
  void count(bool is_order, TimePoint now);
  void count_refused() { ++refused_; }
  [[nodiscard]] Json show(const std::string& provider) const;

 private:
  SimRateGate documented_;
  int requests_ = 0;
  int orders_ = 0;
  int refused_ = 0;
  int over_documented_ = 0;
  std::optional<TimePoint> last_order_;
  std::optional<std::chrono::milliseconds> least_between_orders_;
};

}  // namespace spillway
