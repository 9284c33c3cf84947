// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "sim/http/json_fields.h"
#include "sim/http/scenario.h"

namespace spillway {

// How an order is refused where nobody knows how the real cloud does it.
struct RefusalWords {
  int status = 400;
  std::string detail;
};

// The keys of the scenario that only Voltage Park has.
struct VoltageParkOptions {
  RefusalWords capacity_refusal{400, "Not enough GPUs available"};
  RefusalWords balance_refusal{400, "Insufficient balance"};
  std::optional<Money> balance;                      // at the start; nothing: without end
  Money vm_storage_per_hour = Money::from_cents(2);  // a part of a virtual machine's price
  int page_size = 3;                                 // of a list for which no limit was asked
};

// Voltage Park as far as it is known, with key "simulated-voltage-park-key": one location, both
// fabrics, virtual machines of 1 to 8 GPUs. The types "ethernet" and "infiniband" are bare-metal
// nodes, all others are presets of virtual machines; a region is the UUID of a location.
// Source: providers/voltage-park.md sections 2 and 5; prices as seen there.
[[nodiscard]] CloudScenario default_voltage_park_account();

[[nodiscard]] ApiFactory read_voltage_park(JsonFields& fields,
                                           const Json& json,
                                           const CloudScenario& account);

}  // namespace spillway
