// SPDX-License-Identifier: GPL-2.0-or-later
//
// Anyone can call the join service, and each refusal becomes an event. This keeps a hostile client
// from filling the ledger: so many per peer (for IPv6: its /64) and so many overall in each window
// of time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "lib/time.h"

namespace spillway {

class RefusalLimit {
 public:
  static constexpr std::chrono::minutes kWindow{10};
  static constexpr int kPerPeer = 5;
  static constexpr int kOverall = 100;

  // `clock` must outlive it.
  explicit RefusalLimit(const Clock& clock) : clock_(clock), begun_(clock.now()) {}

  // May a refusal of this peer be recorded? Remembers at most kOverall peers. Thread-safe. What
  // was held back is told to the log, as one number, when a window ends.
  [[nodiscard]] bool admits(const std::string& peer);

 private:
  void begin_window_if_due();

  const Clock& clock_;
  std::mutex mutex_;
  TimePoint begun_;
  std::map<std::string, int> admitted_;
  int admitted_overall_ = 0;
  std::int64_t held_back_ = 0;
};

}  // namespace spillway
