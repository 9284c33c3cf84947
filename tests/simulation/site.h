// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything there is in a run, to be looked at.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/cloud_lane.h"
#include "tests/simulation/head_node.h"
#include "tests/simulation/scene.h"
#include "tests/simulation/slurm_side.h"

namespace spillway::simulation {

struct Site {
  Scene& scene;
  const HeadNode& head;
  const SlurmSide& slurm;
  const std::vector<std::unique_ptr<CloudLane>>& lanes;
};

// A machine that may be billed: the cloud has it, and nobody asked it to end.
[[nodiscard]] bool is_live(const SimMachine& machine);
// Does the machine bear the mark of this broker?
[[nodiscard]] bool is_ours(const SimMachine& machine, const MemoryLedger& ledger);
// The machine's row in the ledger, by its id, else by its order call while that has no answer; the
// newest.
[[nodiscard]] const Machine* find_row(const MemoryLedger& ledger,
                                      const std::string& provider,
                                      const SimMachine& machine);

}  // namespace spillway::simulation
