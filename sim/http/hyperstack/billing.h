// SPDX-License-Identifier: GPL-2.0-or-later
//
// What it costs: the prepaid credit, the dashboard, and what each machine has cost.
#pragma once

#include "sim/http/hyperstack/call.h"

namespace spillway::hyperstack_api {

[[nodiscard]] const Routes& billing_routes();

}  // namespace spillway::hyperstack_api
