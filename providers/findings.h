// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `check` finds, where it is the same at every cloud. Pure.
#pragma once

#include <string>
#include <vector>

#include "providers/provider.h"

namespace spillway {

// Are the configured regions among those that the cloud named `cloud` has? One finding for each
// that is not, else a good one.
[[nodiscard]] std::vector<AccountFinding> check_regions(const std::string& cloud,
                                                        const std::vector<std::string>& wanted,
                                                        const std::vector<std::string>& known);

}  // namespace spillway
