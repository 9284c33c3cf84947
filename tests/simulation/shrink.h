// SPDX-License-Identifier: GPL-2.0-or-later
//
// The least that still goes wrong: faults and jobs that a failure does not need are taken out of
// its plan.
#pragma once

#include "tests/simulation/plan.h"
#include "tests/simulation/run.h"

namespace spillway::simulation {

// REQUIRES: running `plan` breaks the invariant `violated`. So does running what comes back.
[[nodiscard]] RunPlan shrink(RunPlan plan, const std::string& violated);

}  // namespace spillway::simulation
