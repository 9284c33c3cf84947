// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words for what was decided of a job: its verdict, its AdminComment, the event of a
// permission.
#pragma once

#include <string>
#include <vector>

#include "core/draft.h"
#include "core/placement.h"
#include "core/pressure.h"
#include "core/verdict.h"
#include "core/world.h"

namespace spillway {

// How the sentence of a job begins that only waits for its rule.
inline constexpr const char* kWaitsForLocalNodes = "waits for local nodes";

// The rule does not let it burst, or not yet.
[[nodiscard]] Verdict tell_pressure(const QueuedJob& queued,
                                    const RuleInForce& rule,
                                    const Pressure& pressure);
// The rule lets it, and there is no place.
[[nodiscard]] Verdict tell_hindered(const QueuedJob& queued,
                                    const RuleInForce& rule,
                                    const Search& search);
// There is a place, and local nodes are free sooner.
[[nodiscard]] Verdict tell_sooner(const QueuedJob& queued, const RuleInForce& rule);
// It has its places: one for each component that rents.
[[nodiscard]] Verdict tell_placed(const QueuedJob& queued,
                                  const RuleInForce& rule,
                                  const std::vector<Placement>& placements);
// Its machines come.
void tell_bursting(Verdict& verdict, const Lease& lease);

[[nodiscard]] Event tell_permission(std::uint32_t job,
                                    const Pressure& pressure,
                                    const Placement& placement);

// Notes for each job what its AdminComment is to say: pending ones by their verdict; of started
// ones, that they run on rented nodes, or nothing of ours.
void comment_jobs(Draft& draft, const SlurmView& slurm, const std::vector<Verdict>& verdicts);

}  // namespace spillway
