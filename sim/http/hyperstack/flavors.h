// SPDX-License-Identifier: GPL-2.0-or-later
//
// A type in a region, as a flavor of it.
#pragma once

#include <cstdint>
#include <string>

#include "sim/cloud.h"

namespace spillway::hyperstack_api {

// What lists and machines show of it alike.
[[nodiscard]] Json show_flavor(const SimCloud& cloud,
                               const SimType& type,
                               const std::string& region);

// The name of the type's GPU; "" of a flavor without.
[[nodiscard]] std::string gpu_of(const SimType& type);

[[nodiscard]] bool can_hibernate(const SimType& type, const std::string& region);

}  // namespace spillway::hyperstack_api
