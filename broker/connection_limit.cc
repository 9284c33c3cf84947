// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/connection_limit.h"

namespace spillway {

const char* ConnectionLimit::refuse(const std::string& group, Time now) {
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    begun_.clear();
  }
  const auto holds = held_.find(group);
  if (holds != held_.end() && holds->second >= held_limit_) return "too many connections at once";
  int& begun = begun_[group];
  if (begun >= a_second_limit_) return "too many connections a second";
  ++begun;
  ++held_[group];
  return nullptr;
}

void ConnectionLimit::release(const std::string& group) {
  const auto holds = held_.find(group);
  if (holds != held_.end() && --holds->second == 0) held_.erase(holds);
}

}  // namespace spillway
