// SPDX-License-Identifier: GPL-2.0-or-later
//
// When is a run over?
#pragma once

#include <string>

#include "tests/simulation/site.h"

namespace spillway::simulation {

// What still keeps the run from its end: a job, a machine, a node out of service, something open in
// the ledger. Empty when nothing does.
[[nodiscard]] std::string what_is_left(const Site& site);

// How things stand, for the history: nodes, jobs, what is open in the ledger.
void note_standing(const Site& site, History& history);

}  // namespace spillway::simulation
