// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is to happen, in the order of virtual time; at the same time in the order of its posting.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "lib/time.h"

namespace spillway::simulation {

class EventQueue {
 public:
  using Action = std::function<void()>;

  explicit EventQueue(ManualClock& clock) : clock_(clock) {}

  void at(TimePoint time, Action action) {
    heap_.push_back({std::max(time, clock_.now()), next_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
  }
  void in(std::chrono::milliseconds delay, Action action) {
    at(clock_.now() + delay, std::move(action));
  }

  // Moves the clock to the next event and lets it happen; false when there is none.
  bool step() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    const Event event = std::move(heap_.back());
    heap_.pop_back();
    clock_.set(event.at);
    event.action();
    return true;
  }

 private:
  struct Event {
    TimePoint at;
    std::uint64_t number = 0;
    Action action;
  };
  static bool is_later(const Event& a, const Event& b) {
    return a.at != b.at ? a.at > b.at : a.number > b.number;
  }

  ManualClock& clock_;
  std::uint64_t next_ = 0;
  std::vector<Event> heap_;
};

}  // namespace spillway::simulation
