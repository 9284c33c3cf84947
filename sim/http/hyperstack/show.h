// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tenant's things as Hyperstack's API shows them, and the parts that several answers share.
#pragma once

#include <cstdint>
#include <string>

#include "sim/http/hyperstack/tenant.h"

namespace spillway::hyperstack_api {

constexpr std::int64_t kOrganisation = 6190;

// When everything was made that was there before the simulation.
constexpr const char* kLongAgo = "2026-01-15T08:00:00Z";

// "2.5", "0.00672": dollars in as few digits as are needed. The same as a JSON number.
[[nodiscard]] std::string decimal(Money money);
[[nodiscard]] Json number(Money money);

// {"network_optimised","green_status"}
[[nodiscard]] Json network_features(const std::string& region);

[[nodiscard]] Json show_environment(const Environment& environment);
[[nodiscard]] Json show_keypair(const Tenant& tenant, const Keypair& keypair);
// REQUIRES: `machine` is one of the tenant's.
[[nodiscard]] Json show_vm(const Tenant& tenant, const SimMachine& machine);

}  // namespace spillway::hyperstack_api
