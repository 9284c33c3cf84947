// SPDX-License-Identifier: GPL-2.0-or-later
//
// What needs a person: concluded anew in each turn from what is seen, so that an alert ends by
// itself when it is over. docs/alerts.md tells of each kind what it means and what cures it.
#pragma once

#include <map>
#include <span>

#include "core/books.h"
#include "core/plan.h"

namespace spillway {

// All kinds, for those who count them.
[[nodiscard]] std::span<const char* const> alert_kinds();

// The alerts that are due. An open one stays as long as what would tell is not known: no list of
// its provider yet, no view of Slurm.
[[nodiscard]] std::map<AlertId, Alert> find_alerts(const Books& books,
                                                   const Picture& picture,
                                                   const Sightings& sightings);

}  // namespace spillway
