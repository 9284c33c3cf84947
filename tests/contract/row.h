// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the contract suite must know of a cloud to try its driver against spillway-simcloud. A new
// driver brings one such value and gets the whole suite: a row in simulated_test.cc, and its name
// in CMakeLists.txt.
#pragma once

#include <string>

#include "core/config.h"
#include "core/offer.h"
#include "lib/http.h"

namespace spillway {

// Machines ordered past the driver, through the cloud's own API.
struct HandOrder {
  std::string name;  // each machine's begins with it
  int machines = 1;
  int number = 0;  // of the order, from 0, where a test places many
};

struct ContractRow {
  std::string name;       // of the row: the provider's, or that and what of it is tried
  ProviderConfig config;  // without base_url
  std::string key;        // accepted by the scenario
  std::string path;       // of the API under the simulated cloud's URL
  // Without rate limits, with machines that boot and end within a second, no wait for the
  // list, `stock` machines of `offer`, and none of `sold_out`.
  std::string scenario;
  OfferId offer;
  int stock = 0;               // at least 3
  int machines_per_order = 1;  // that one call gives; else more than `stock`
  int price_cents = 0;         // per machine and hour
  OfferId sold_out;
  std::string order_call;            // "POST /lambda/api/v1/instance-operations/launch"
  std::string list_call;             // of machines
  std::string unknown_id;            // looks like a machine's id; no machine has it
  bool tells_offers_to_all = false;  // without a key
  bool limits_minutes = false;       // refuses for the rest of the minute, and names no wait
  bool tells_unhealthy = true;       // its list tells a machine that failed a health check
  int by_hand_per_order = 1;         // machines, at most
  int crowd = 10'000;                // machines that there is room for by hand
  // Orders no machine of `offer`. False when the cloud refused.
  bool (*order_by_hand)(Transport& transport, const std::string& base_url, const HandOrder& order);
};

[[nodiscard]] ContractRow hyperstack_contract();
[[nodiscard]] ContractRow lambda_contract();
[[nodiscard]] ContractRow voltage_park_contract();
[[nodiscard]] ContractRow voltage_park_vm_contract();

}  // namespace spillway
