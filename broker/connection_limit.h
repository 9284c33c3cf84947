// SPDX-License-Identifier: GPL-2.0-or-later
//
// How many connections one group of peers may hold, and begin in a second, since each handshake
// costs this host a signature. Remembers the groups that hold some, and those of the last second.
#pragma once

#include <chrono>
#include <string>

#include "broker/group_count.h"

namespace spillway {

class ConnectionLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  ConnectionLimit(int held, int a_second) : held_limit_(held), a_second_limit_(a_second) {}

  // Has the group begun all that it may in the second that holds `now`?
  [[nodiscard]] bool is_too_fast(const std::string& group, Time now);
  // Does it hold all that it may?
  [[nodiscard]] bool is_full(const std::string& group) const;
  // It holds one more, until that is released.
  void begin(const std::string& group);
  void release(const std::string& group) { held_.remove(group); }

 private:
  const int held_limit_;
  const int a_second_limit_;
  GroupCount held_;
  GroupCount begun_;  // in this second
  Time second_{};
};

}  // namespace spillway
