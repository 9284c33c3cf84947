// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bugs that are planted on purpose, to see that the simulator finds them.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace spillway::simulation {

enum class Planted {
  kNothing,
  kIntentAfterCall,
  kReleaseGivenUp,
  kReleaseAcceptedIsGone,
  kReleaseOfAnother,
  kListErrorIsEmpty,
  kListIsHalf,
  kListIgnoresLedger,
  kAnswerToWrongLease,
  kAnswerToWrongMachines,
  kUnansweredIsFailed,
  kUnansweredIsDone,
  kOrderSentTwice,
  kOrderOfOneMore,
  kTokenOfAnotherLease,
  kCapCountsBilled,
  kDrainIgnored,
  kEndBilledLate,
  kSyncForgotten,
};

struct PlantedFacts {
  Planted planted;
  const char* name;  // on the command line
  const char* words;
};
[[nodiscard]] const std::vector<PlantedFacts>& all_planted();
[[nodiscard]] std::optional<Planted> parse_planted(const std::string& name);

}  // namespace spillway::simulation
