// SPDX-License-Identifier: GPL-2.0-or-later
//
// One run, as values, all of it drawn from one seed: a small cluster, its clouds and jobs, and what
// will go wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/world.h"
#include "lib/time.h"
#include "sim/cloud.h"
#include "sim/provider.h"
#include "sim/sim_slurm.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/planted.h"

namespace spillway::simulation {

inline constexpr TimePoint kStart = from_unix_seconds(1'795'277'410);
// From then on nothing goes wrong any more, and admins have undone what they did.
inline constexpr seconds kCalmAfter{180};
// By then after that all jobs are done and all machines gone.
inline constexpr seconds kPatience{2400};
// Beyond its own deadlines, so long may the broker leave a machine that nobody waits for.
inline constexpr seconds kGrace{300};

struct CloudPlan {
  SimCloudSettings model;
  SimProviderSettings driver;
  int foreign = 0;  // machines of others in its list
};

struct JobPlan {
  milliseconds at{0};
  Job job;
  milliseconds runs_for{0};
};

struct RunPlan {
  std::uint64_t seed = 0;
  Config config;
  std::vector<CloudPlan> clouds;
  SimSlurmSettings slurm;
  std::vector<Node> nodes;
  std::vector<JobPlan> jobs;
  std::vector<Fault> faults;
  milliseconds turn_every{5000};
  milliseconds turn_within{1000};  // of what wakes the broker
  bool on_disk = false;  // the ledger is the real one, on a simulated disk: slow, so not often
  Planted planted = Planted::kNothing;  // never drawn
};

inline constexpr const char* kPartition = "gpu";

[[nodiscard]] RunPlan draw_run(std::uint64_t seed);

// The cluster, its clouds and its jobs, a line each.
[[nodiscard]] std::vector<std::string> describe(const RunPlan& plan);

}  // namespace spillway::simulation
