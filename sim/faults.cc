// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/faults.h"

#include <algorithm>

namespace spillway {
namespace {

bool matches_path(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return true;
  if (pattern.back() != '*') return pattern == path;
  pattern.remove_suffix(1);
  return path.substr(0, pattern.size()) == pattern;
}

// Counts one match; true when the rule applies to it.
bool applies(SimFaultCount& count) {
  if (count.times == 0) return false;
  if (count.skip > 0) {
    --count.skip;
    return false;
  }
  if (count.times > 0) --count.times;
  return true;
}

}  // namespace

std::optional<SimRequestFault> SimFaults::take_for_request(std::string_view method,
                                                           std::string_view path) {
  const auto rule =
      std::find_if(rules_.requests.begin(), rules_.requests.end(), [&](SimRequestFault& each) {
        return (each.method.empty() || each.method == method) && matches_path(each.path, path) &&
               applies(each.count);
      });
  if (rule == rules_.requests.end()) return std::nullopt;
  return *rule;
}

std::optional<SimMachineFault> SimFaults::take_for_machine(std::string_view id) {
  const auto rule =
      std::find_if(rules_.machines.begin(), rules_.machines.end(), [&](SimMachineFault& each) {
        return each.machine == id && applies(each.count);
      });
  if (rule == rules_.machines.end()) return std::nullopt;
  return *rule;
}

}  // namespace spillway
