// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a job needs, read from its request, as far as the broker understands it. What it does not
// understand it says, and the job stays local.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/world.h"
#include "lib/result.h"

namespace spillway {

struct Need {
  int nodes = 1;  // of one task, when the job is an array
  int gpus_per_node = 0;
  std::string gpu;  // model, lower case; empty: any
  int cpus_per_node = 1;
  std::int64_t memory_per_node_mib = 0;
  bool infiniband = false;
  std::vector<std::string> features;  // all of them, save the words for InfiniBand
  std::vector<std::string> excluded_nodes;
  std::optional<std::chrono::minutes> time_limit;
};

// Errors: kInvalid, why the job stays local, in words for its owner.
[[nodiscard]] Result<Need> read_need(const Job& job);

// Can a node of this shape hold a node's share of the need? An empty text says yes, else why not.
[[nodiscard]] std::string misfit(const Need& need, const Shape& shape);

}  // namespace spillway
