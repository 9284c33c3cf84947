// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "lib/json.h"
#include "lib/result.h"
#include "sim/faults.h"

namespace spillway {

// Reads the rules of POST /sim/faults (docs/simcloud.md). Refuses unknown keys, words and
// mixtures of request and machine. Errors: kInvalid.
[[nodiscard]] Result<SimFaultRules> parse_faults(const Json& list);

}  // namespace spillway
