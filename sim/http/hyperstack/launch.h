// SPDX-License-Identifier: GPL-2.0-or-later
//
// POST /core/virtual-machines: what an order may say, and what becomes of it.
#pragma once

#include <string>

#include "sim/http/hyperstack/call.h"

namespace spillway::hyperstack_api {

[[nodiscard]] ApiAnswer create_machines(Tenant& tenant, const Call& call);

// The name of the machine with number `index` of `count`. How Hyperstack tells several machines of
// one order apart is not documented: a guess.
[[nodiscard]] std::string name_of(const std::string& name, int index, int count);

[[nodiscard]] ApiAnswer no_capacity(const Tenant& tenant);

}  // namespace spillway::hyperstack_api
