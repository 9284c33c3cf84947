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
  int nodes = 1;          // at least, of one task when the job is an array
  int nodes_most = 1;     // at most; kAnyNodes when the job does not say
  int gpus_per_node = 0;  // on each of them
  int gpus_in_all = 0;    // of the nodes together, where the request counts so
  std::string gpu;        // model, lower case; empty: any
  int cpus_per_node = 1;
  int cpus_in_all = 1;
  std::int64_t memory_per_node_mib = 0;
  std::int64_t memory_per_cpu_mib = 0;
  std::int64_t memory_per_gpu_mib = 0;
  int cpus_per_gpu = 0;
  bool infiniband = false;
  std::optional<int> infiniband_from_nodes;  // the policy's: a gang that may be so large needs it
  std::vector<std::string> features;         // all of them, save the words for InfiniBand
  std::vector<std::string> required_nodes;
  std::vector<std::string> excluded_nodes;
  std::optional<std::chrono::minutes> time_limit;
};
inline constexpr int kAnyNodes = 65'536;

[[nodiscard]] bool asks_for_gpus(const Need& need);

// Errors: kInvalid, why the job stays local, in words for its owner.
[[nodiscard]] Result<Need> read_need(const Job& job);

// The need with as many nodes as its totals take on nodes of this shape, and each node's share.
[[nodiscard]] Need sized_for(const Need& need, const Shape& shape);

// Must InfiniBand connect all nodes of the sized need?
[[nodiscard]] bool needs_one_fabric(const Need& sized);

// Can a node of this shape hold a node's share of the sized need? An empty text says yes, else why
// not.
[[nodiscard]] std::string misfit(const Need& need, const Shape& shape);

}  // namespace spillway
