// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "sim/http/json_fields.h"
#include "sim/http/scenario.h"

namespace spillway {

struct SimEnvironment {
  std::string name;
  std::string region;
};

// What only Hyperstack's scenario says. Most of it is what nobody knows of the real one.
struct HyperstackSettings {
  std::vector<SimEnvironment> environments;
  std::string capacity_message = "Insufficient stock";
  bool partial_orders = false;  // gives as many machines as there are; else all or none
  bool unique_names = false;    // refuses a name that a machine has
  bool errors_as_200 = false;   // refusals come as 200 with "status":false
  Money credit = Money::from_cents(10'000'000);
  Money public_ip_per_hour = Money::from_micros(6'720);
  SimRange floating_ip{std::chrono::seconds(5), std::chrono::seconds(15)};  // to be attached
  SimRange phase{std::chrono::seconds(15), std::chrono::seconds(45)};       // to stop, start, ...
};

// Hyperstack as its documents describe it, with key "simulated-hyperstack-key". A type is a flavor
// and its gpu_description the name of the GPU, by which flavors share stock and price; a flavor is
// sold in the regions of its capacity.
// Source: providers/hyperstack.md sections 1, 2.1 and 5; sizes and prices as seen there.
[[nodiscard]] CloudScenario default_hyperstack_account();

// Reads the keys of the scenario that only Hyperstack has: those of HyperstackSettings.
[[nodiscard]] ApiFactory read_hyperstack(JsonFields& fields,
                                         const Json& json,
                                         const CloudScenario& account);

}  // namespace spillway
