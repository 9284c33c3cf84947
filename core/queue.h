// SPDX-License-Identifier: GPL-2.0-or-later
//
// The pending jobs as Slurm would start them: one by one, an array task by task, all components of
// a heterogeneous job at once.
#pragma once

#include <cstdint>
#include <vector>

#include "core/need.h"
#include "core/world.h"
#include "lib/result.h"

namespace spillway {

struct QueuedPart {
  const Job* job = nullptr;
  Result<Need> need;
};

struct QueuedJob {
  std::vector<QueuedPart> parts;  // one; of a heterogeneous job its components, the leader first
  int tasks = 1;                  // of an array that may run at the same time

  [[nodiscard]] const Job& job() const { return *parts.front().job; }
  [[nodiscard]] bool is_heterogeneous() const { return job().het_id != 0; }
};

// In Slurm's priority order, ties by id. The jobs of `slurm` must outlive the queue.
[[nodiscard]] std::vector<QueuedJob> read_queue(const SlurmView& slurm);

// Is it eligible, and does nothing but the lack of machines hold it back? (Not held, no
// dependency, no begin time to come, no limit of its association or QOS.)
[[nodiscard]] bool waits_for_machines(const Job& job, TimePoint now);

// What all its parts and tasks ask for; 0 when that is not understood.
[[nodiscard]] std::int64_t count_gpus(const QueuedJob& queued);
[[nodiscard]] std::int64_t count_gpus(const Need& need);  // of one task

}  // namespace spillway
