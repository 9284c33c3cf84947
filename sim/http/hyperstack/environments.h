// SPDX-License-Identifier: GPL-2.0-or-later
//
// Environments, and the keypairs in them.
#pragma once

#include "sim/http/hyperstack/call.h"

namespace spillway::hyperstack_api {

constexpr int kMachinesPerEnvironment = 250;  // of its subnet, a /24
constexpr std::size_t kNameLimit = 50;

[[nodiscard]] const Routes& environment_routes();

}  // namespace spillway::hyperstack_api
