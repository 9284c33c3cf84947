// SPDX-License-Identifier: GPL-2.0-or-later
//
// One run from its plan to its end, and what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/plan.h"
#include "tests/simulation/scene.h"

namespace spillway::simulation {

struct Outcome {
  std::string violated;   // the first invariant that did not hold; empty when all did
  std::string violation;  // how
  std::vector<std::string> history;
  std::uint64_t digest = 0;
  milliseconds length{0};  // in virtual time
  FaultCounts struck{};
  int machines = 0;  // ordered
  int turns = 0;     // of the broker
};

enum class Keeping { kNothing, kHistory };

// The same plan gives the same outcome.
[[nodiscard]] Outcome run(const RunPlan& plan, Keeping keeping);

}  // namespace spillway::simulation
