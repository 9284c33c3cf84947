// SPDX-License-Identifier: GPL-2.0-or-later
//
// May this job burst? The policy's rules on one pending job; which machines is another question.
#pragma once

#include <optional>
#include <string>

#include "core/config.h"
#include "core/world.h"
#include "lib/time.h"

namespace spillway {

struct Pressure {
  bool may_burst = false;
  std::string why;                      // in words for the job's owner, either way
  std::optional<TimePoint> not_before;  // when it is only a question of time
  std::string partition;                // whose policy spoke
};

// Judges the time in the queue by the policy of the first partition of the job that has one.
// `ready_in`: how long a rented machine takes; a job that Slurm expects to start before that stays.
[[nodiscard]] Pressure judge_pressure(const Job& job,
                                      const Policy& policy,
                                      TimePoint now,
                                      std::chrono::seconds ready_in);

}  // namespace spillway
