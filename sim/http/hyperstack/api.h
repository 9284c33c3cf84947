// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "sim/http/api.h"
#include "sim/http/hyperstack/account.h"

namespace spillway {

// Hyperstack's Infrahub API over `cloud`, without its prefix "/v1": the catalogue (flavors, stocks,
// price book, regions, GPUs, images), environments, keypairs, virtual machines and what they cost.
// `cloud` and `clock` must outlive it.
[[nodiscard]] std::unique_ptr<CloudApi> make_hyperstack_api(const CloudScenario& account,
                                                            const HyperstackSettings& settings,
                                                            SimCloud& cloud,
                                                            const Clock& clock);

}  // namespace spillway
