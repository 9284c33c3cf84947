// SPDX-License-Identifier: GPL-2.0-or-later
//
// The driver for Voltage Park: sends what request.h builds, reads by answer.h.
//
// An order of N nodes is one rental, all or nothing. Its machines bear the ids of places,
// RENTAL#1/N to RENTAL#N/N, until the cloud names their addresses; then they are RENTAL/ADDRESS
// (machine_id.h). An order of VMs makes one VM, vm/VM, whatever number is asked for.
//
// A release of all of a rental's machines ends the rental; of some, removes those nodes. While it
// is pending its nodes cannot be told apart: a release of some is kTransient and has no effect, and
// is remembered, so that the release of the rest ends them all.
#pragma once

#include <memory>

#include "providers/provider.h"
#include "providers/registry.h"

namespace spillway {

[[nodiscard]] std::unique_ptr<Provider> make_voltage_park_driver(const ProviderParts& parts);

}  // namespace spillway
