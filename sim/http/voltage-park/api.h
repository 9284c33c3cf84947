// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "sim/http/voltage-park/account.h"

namespace spillway {

// Voltage Park's On-Demand API over `cloud`, without its prefix "/api/v1": bare metal, instant
// virtual machines, SSH keys, the organization, billing and validation.
// `cloud` and `clock` must outlive it. Source: providers/voltage-park.md.
[[nodiscard]] std::unique_ptr<CloudApi> make_voltage_park_api(const CloudScenario& account,
                                                              const VoltageParkOptions& options,
                                                              SimCloud& cloud,
                                                              const Clock& clock);

}  // namespace spillway
