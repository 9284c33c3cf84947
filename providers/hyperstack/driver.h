// SPDX-License-Identifier: GPL-2.0-or-later
//
// The driver for Hyperstack: sends what request.h builds, reads by answer.h and its neighbours.
#pragma once

#include <memory>

#include "providers/provider.h"
#include "providers/registry.h"

namespace spillway {

[[nodiscard]] std::unique_ptr<Provider> make_hyperstack_driver(const ProviderParts& parts);

}  // namespace spillway
