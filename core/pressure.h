// SPDX-License-Identifier: GPL-2.0-or-later
//
// May this job burst? The policy's rules on one pending job; which machines is another question.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/config.h"
#include "core/queue.h"
#include "lib/time.h"

namespace spillway {

// The rule that speaks for a job: of the first of its partitions that has a policy, and there the
// narrowest.
struct RuleInForce {
  std::string partition;
  const PartitionPolicy* policy = nullptr;  // nullptr: none of its partitions has one
  BurstRule rule;
};
[[nodiscard]] RuleInForce find_rule(const Job& job, const Policy& policy);

// "gpu: burst after 10m of waiting or when more than 64 GPUs pend"
[[nodiscard]] std::string format_rule(const RuleInForce& rule);

// What the queue and the cluster mean for one job.
struct Crowd {
  std::int64_t gpus_ahead = 0;  // unmet in its partition, before it in Slurm's order
  bool can_run_locally = true;  // some day, on the cluster's own nodes
};

enum class Lets { kBurst, kWait, kStay };  // stay: no passing of time will change it

struct Pressure {
  Lets lets = Lets::kStay;
  int tasks = 0;                        // of an array, kBurst: how many of them
  std::string why;                      // in words for the job's owner, without a clock
  std::optional<TimePoint> not_before;  // kWait: when it is only a question of time
  bool waits_for_others = false;        // kWait: machines would not help
};

[[nodiscard]] Pressure judge_pressure(const QueuedJob& queued,
                                      const RuleInForce& rule,
                                      const Crowd& crowd,
                                      TimePoint now);

// Does Slurm expect a start on local nodes before machines that are ready in `ready_in`?
[[nodiscard]] bool starts_sooner_without(const Job& job,
                                         std::chrono::seconds ready_in,
                                         TimePoint now);

}  // namespace spillway
