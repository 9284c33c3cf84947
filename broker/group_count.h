// SPDX-License-Identifier: GPL-2.0-or-later
//
// How many of something each group of peers has; remembers those that have some.
#pragma once

#include <string>
#include <unordered_map>

namespace spillway {

class GroupCount {
 public:
  [[nodiscard]] int of(const std::string& group) const {
    const auto count = counts_.find(group);
    return count == counts_.end() ? 0 : count->second;
  }
  void add(const std::string& group) { ++counts_[group]; }
  // REQUIRES: it has one.
  void remove(const std::string& group) {
    const auto count = counts_.find(group);
    if (--count->second == 0) counts_.erase(count);
  }

 private:
  std::unordered_map<std::string, int> counts_;
};

}  // namespace spillway
