// SPDX-License-Identifier: GPL-2.0-or-later
//
// When a permission ends: it stands until its job starts or ends, or its offers vanish.
#pragma once

#include "core/draft.h"
#include "core/plan.h"

namespace spillway {

// REQUIRES: slurm is known.
void drop_ended_permissions(Draft& draft, const Picture& picture);

}  // namespace spillway
