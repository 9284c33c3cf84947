// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/connection_limit.h"

namespace spillway {

bool ConnectionLimit::is_too_fast(const std::string& group, Time now) {
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    begun_ = {};
  }
  return begun_.of(group) >= a_second_limit_;
}

bool ConnectionLimit::is_full(const std::string& group) const {
  return held_.of(group) >= held_limit_;
}

void ConnectionLimit::begin(const std::string& group) {
  held_.add(group);
  begun_.add(group);
}

}  // namespace spillway
