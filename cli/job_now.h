// SPDX-License-Identifier: GPL-2.0-or-later
//
// A job as Slurm tells it now, as much of it as `spillway why` shows.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/world.h"
#include "lib/json.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

struct JobNow {
  JobState state = JobState::kOther;
  std::uint32_t leader = 0;  // of the heterogeneous job, or the array, that it is part of; 0: none
  std::string name;
  std::string user;
  std::string request;  // "4 nodes x 8 H100, needs InfiniBand"
  std::vector<std::string> partitions;
  std::string reason;  // why it waits, in Slurm's word
  std::optional<TimePoint> waits_since;
  std::optional<TimePoint> expected_start;
  std::optional<TimePoint> started_at;
  std::optional<std::chrono::minutes> time_limit;
  std::string nodes;  // allocated; host list expression
};

[[nodiscard]] JobNow make_job_now(const Job& job);

[[nodiscard]] Json job_now_json(const JobNow& job);
// Errors: kInvalid.
[[nodiscard]] Result<JobNow> parse_job_now(std::string_view text);

// Asks slurmctld, in a process of its own. Errors: kNotFound, it knows no such job; else why it was
// not asked, or did not answer in a few seconds.
[[nodiscard]] Result<JobNow> ask_slurm_of_job(std::uint32_t job);

}  // namespace spillway
