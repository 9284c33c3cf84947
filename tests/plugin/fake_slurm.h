// SPDX-License-Identifier: GPL-2.0-or-later
//
// Slurm's side of plugin/seam.h, made of a table of nodes, a table of jobs and two clocks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plugin/node_set.h"
#include "plugin/watch.h"

namespace spillway {

struct FakeSlurm {
  std::vector<std::string> nodes;                // a node's number is its place
  std::map<std::uint32_t, const void*> records;  // job id -> record
  std::vector<std::string> errors;               // slurmctld's log
  std::vector<std::string> infos;
  int node_lookups = 0;
  std::int64_t monotonic_ms = 0;
  std::int64_t unix_seconds = 0;

  [[nodiscard]] Nodes make(const std::string& hostlist) const;
  [[nodiscard]] std::string shown(const spillway_nodes_t* set) const;  // as a host list
};

// The one that the functions of the seam act on.
[[nodiscard]] FakeSlurm& fake_slurm();

[[nodiscard]] Clocks fake_clocks();

// Bits as Slurm keeps them, so that benchmarks mean something.
[[nodiscard]] std::int64_t count_nodes(const spillway_nodes_t* nodes);

// Keeps the first `count` of `nodes`.
void keep_first(spillway_nodes_t* nodes, std::int64_t count);

}  // namespace spillway
