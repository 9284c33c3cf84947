// SPDX-License-Identifier: GPL-2.0-or-later
//
// Virtual machines once they are there. Changes of their state are asked for by GET.
#pragma once

#include <string>

#include "sim/http/hyperstack/call.h"

namespace spillway::hyperstack_api {

[[nodiscard]] const Routes& machine_routes();

[[nodiscard]] bool is_name_taken(Tenant& tenant, const std::string& name);

}  // namespace spillway::hyperstack_api
