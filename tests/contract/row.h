// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the contract suite must know of a cloud, and how spillway-simcloud plays it. A new driver
// brings one such value, a line in row.cc and its name in CMakeLists.txt, and gets the whole suite.
#pragma once

#include <string>
#include <vector>

#include "core/config.h"
#include "core/offer.h"
#include "lib/http.h"

namespace spillway::contract {

// Machines ordered past the driver, through the cloud's own API.
struct HandOrder {
  std::string name;  // each machine's begins with it
  int machines = 1;
  int number = 0;  // of the order, from 0, where a test places many
};

struct Simulation {
  ProviderConfig config;  // without base_url
  std::string key;        // accepted by the scenario
  std::string path;       // of the API under the simulated cloud's URL
  // Without rate limits, with machines that boot and end within a second, no wait for the
  // list, `stock` machines of `offer`, and none of `sold_out`.
  std::string scenario;
  OfferId offer;
  int stock = 0;        // at least 3
  int price_cents = 0;  // per machine and hour
  OfferId sold_out;
  std::string order_call;     // "POST /lambda/api/v1/instance-operations/launch"
  std::string list_call;      // of machines
  int by_hand_per_order = 1;  // machines, at most
  int crowd = 10'000;         // machines that there is room for by hand
  // Orders no machine of `offer`. False when the cloud refused.
  bool (*order_by_hand)(Transport& transport, const std::string& base_url, const HandOrder& order);
};

struct Row {
  std::string name;  // the provider's, or that and what of it is tried
  std::string provider;
  bool (*has)(const OfferId& id) = [](const OfferId&) { return true; };  // is it of this row?
  int machines_per_order = 1;        // that one call gives; else more than the simulated stock
  std::string unknown_id;            // looks like a machine's id; no machine has it
  bool tells_offers_to_all = false;  // without a key
  bool limits_minutes = false;       // refuses for the rest of the minute, and names no wait
  bool tells_unhealthy = true;       // its list tells a machine that failed a health check
  Simulation simulated;
};

[[nodiscard]] Row hyperstack_row();
[[nodiscard]] Row lambda_row();
[[nodiscard]] Row voltage_park_row();
[[nodiscard]] Row voltage_park_vm_row();

// A row a driver, or a kind of machine that it treats otherwise.
[[nodiscard]] const std::vector<Row>& rows();

// The row's scenario, but with the cloud's documented limits in force.
[[nodiscard]] std::string with_limits(const Row& row);

// That which has the offer; nullptr when none has.
[[nodiscard]] const Row* find_row(const OfferId& id);

}  // namespace spillway::contract
