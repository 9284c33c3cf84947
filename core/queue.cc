// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/queue.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>

namespace spillway {
namespace {

// Slurm's reasons that mean: it waits for machines, and nothing else holds it back.
// Source: slurm_job_reason_string and state descriptions, 22.05 to 26.05.
constexpr std::array<std::string_view, 6> kWaitsForMachines = {
    "None", "Resources", "Priority", "ReqNodeNotAvail", "Nodes_required", "Nodes required"};

int count_tasks(const Job& job) {
  if (job.array_tasks == 0) return 1;
  const auto at_a_time = job.array_limit == 0 ? job.array_tasks : job.array_limit;
  return static_cast<int>(std::min(job.array_tasks, at_a_time));
}

}  // namespace

std::vector<QueuedJob> read_queue(const SlurmView& slurm) {
  std::vector<QueuedJob> queue;
  std::map<std::uint32_t, std::size_t> heterogeneous;  // leader -> place in the queue
  for (const auto& [id, job] : slurm.jobs) {
    if (job.state != JobState::kPending) continue;
    if (job.het_id != 0) {
      const auto [place, is_new] = heterogeneous.emplace(job.het_id, queue.size());
      if (!is_new) {
        queue[place->second].parts.push_back({&job, read_need(job)});
        continue;
      }
    }
    queue.push_back(QueuedJob{{{&job, read_need(job)}}, count_tasks(job)});
  }
  std::sort(queue.begin(), queue.end(), [](const QueuedJob& a, const QueuedJob& b) {
    return std::make_tuple(b.job().priority, a.job().id) <
           std::make_tuple(a.job().priority, b.job().id);
  });
  return queue;
}

bool waits_for_machines(const Job& job, TimePoint now) {
  if (job.priority == 0) return false;
  if (job.eligible_at && *job.eligible_at > now) return false;
  const auto& reason = job.state_reason;
  return reason.empty() || std::any_of(kWaitsForMachines.begin(),
                                       kWaitsForMachines.end(),
                                       [&](auto known) { return reason.starts_with(known); });
}

std::int64_t count_gpus(const Need& need) {
  return std::max<std::int64_t>(need.gpus_in_all,
                                std::int64_t{need.gpus_per_node} * std::int64_t{need.nodes});
}

std::int64_t count_gpus(const QueuedJob& queued) {
  std::int64_t gpus = 0;
  for (const auto& part : queued.parts)
    gpus += part.need ? count_gpus(*part.need) : 0;
  return gpus * queued.tasks;
}

}  // namespace spillway
