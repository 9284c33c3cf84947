// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plants a bug: spoils what crosses one of the broker's seams, as a mistake behind that seam would.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/broker.h"
#include "broker/observation.h"
#include "tests/simulation/planted.h"

namespace spillway::simulation {

// Sits in all seams of one broker.
class Saboteur {
 public:
  explicit Saboteur(Planted planted) : planted_(planted) {}

  void spoil(Observation& observation);
  void spoil(Dispatch& dispatch, const JoinTokens& tokens);
  void spoil(Policy& policy, const Policy& true_policy, const Books& books) const;
  // Is this commit to be written only with the next one?
  [[nodiscard]] bool holds_back(const Changes& changes) const;

 private:
  void spoil_list(MachinesSeen& seen);
  void spoil_order_answer(OrderDone& done);
  void spoil_releases(std::vector<ReleaseCommand>& releases);

  Planted planted_;
  std::map<std::string, int> releases_;  // asked so far, by id
  std::set<std::string> accepted_;       // releases
  std::optional<CallOrder> last_call_;
  std::string last_listed_;
};

}  // namespace spillway::simulation
