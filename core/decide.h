// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/draft.h"
#include "core/plan.h"

namespace spillway {

// One turn: equal books, picture and sightings give an equal plan. The draft's changes are to be in
// the ledger before the plan is carried out.
[[nodiscard]] Plan decide(Draft& draft, const Picture& picture, Sightings& sightings);

}  // namespace spillway
