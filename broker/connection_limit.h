// SPDX-License-Identifier: GPL-2.0-or-later
//
// How many connections one group of peers may hold, and begin in a second, since each handshake
// costs this host a signature. Remembers the groups that hold some, and those of the last second.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

namespace spillway {

class ConnectionLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  ConnectionLimit(int held, int a_second) : held_limit_(held), a_second_limit_(a_second) {}

  // Why the group may not begin another connection at `now`; nullptr when it may: then it holds one
  // more until that is released.
  [[nodiscard]] const char* refuse(const std::string& group, Time now);
  void release(const std::string& group);

 private:
  const int held_limit_;
  const int a_second_limit_;
  std::unordered_map<std::string, int> held_;
  std::unordered_map<std::string, int> begun_;  // in this second
  Time second_{};
};

}  // namespace spillway
