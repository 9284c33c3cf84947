// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/json.h"
#include "tests/contract/row.h"

namespace spillway::contract {
namespace {

constexpr const char* kKey = "secret_contract_0123";

constexpr int kMostPerOrder = 20;

// The public address costs a cent: the price of a machine is 2001 cents.
constexpr const char* kScenario = R"json({
  "api_keys": {"hyperstack": "secret_contract_0123"},
  "hyperstack": {
    "regions": ["CANADA-1", "NORWAY-1"],
    "types": {
      "n3-H100x8": {"gpus": 8, "price_cents_per_hour": 2000, "vcpus": 252, "memory_gib": 1440,
        "storage_gib": 6600, "capacity": {"CANADA-1": 3}},
      "n3-L40x1": {"gpus": 1, "gpu_description": "L40", "price_cents_per_hour": 100, "vcpus": 28,
        "memory_gib": 58, "storage_gib": 850, "capacity": {"CANADA-1": 0}},
      "n1-cpu-small": {"gpus": 0, "price_cents_per_hour": 12, "vcpus": 4, "memory_gib": 4,
        "storage_gib": 100, "capacity": {"CANADA-1": 10000}}},
    "environments": [{"name": "default-NORWAY-1", "region": "NORWAY-1"},
                     {"name": "fleet-ca1", "region": "CANADA-1"}ENVIRONMENTS],
    "ssh_keys": ["ops"],
    "public_ip_microusd_per_hour": 10000,
    "boot_seconds": [1, 1],
    "phase_seconds": [0.3, 0.3],
    "floating_ip_seconds": [0, 0],
    "list_delay_seconds": 0,
    "terminate_seconds": [1, 1],
    "rate_scale": 0},
  "machines": {"backend": "none", "node_gpus": 8},
  "seed": 1})json";

// An environment holds 250 machines.
constexpr int kOrdersPerEnvironment = 250 / kMostPerOrder;
constexpr int kEnvironments = 10'000 / (kOrdersPerEnvironment * kMostPerOrder) + 1;

std::string environment_of(const HandOrder& order) {
  return "by-hand-" + std::to_string(order.number / kOrdersPerEnvironment);
}

bool order_by_hand(Transport& transport, const std::string& base_url, const HandOrder& order) {
  HttpRequest request;
  request.method = "POST";
  request.url = base_url + "/core/virtual-machines";
  request.headers = {{"content-type", "application/json"}};
  request.secret = Secret(kKey);
  request.secret_header = "api_key: ";
  request.body = Json::object()
                     .set("name", order.name)
                     .set("environment_name", environment_of(order))
                     .set("image_name", "Ubuntu Server 24.04 LTS (Noble Numbat)")
                     .set("flavor_name", "n1-cpu-small")
                     .set("key_name", "ops")
                     .set("count", order.machines)
                     .set("assign_floating_ip", true)
                     .dump();
  const auto answer = transport.send(request);
  return answer && answer->status == 200;
}

std::string make_scenario() {
  std::string environments;
  for (int i = 0; i < kEnvironments; ++i) {
    const HandOrder first{"", 1, i * kOrdersPerEnvironment};
    environments += R"(,{"name":")" + environment_of(first) + R"(","region":"CANADA-1"})";
  }
  std::string scenario = kScenario;
  const std::string_view place = "ENVIRONMENTS";
  return scenario.replace(scenario.find(place), place.size(), environments);
}

}  // namespace

Row hyperstack_row() {
  Row row;
  row.name = "hyperstack";
  row.provider = "hyperstack";
  row.machines_per_order = kMostPerOrder;
  row.unknown_id = "999999999";
  row.limits_minutes = true;

  auto& sim = row.simulated;
  sim.config.name = row.provider;
  sim.config.environment = "fleet-ca1";
  sim.config.ssh_key = "ops";
  sim.config.image = "ubuntu server 24.04*";
  sim.key = kKey;
  sim.path = "/hyperstack/v1";
  sim.scenario = make_scenario();
  sim.offer = {"hyperstack", "CANADA-1", "n3-H100x8", "ethernet"};
  sim.stock = 3;
  sim.price_cents = 2001;
  sim.sold_out = {"hyperstack", "CANADA-1", "n3-L40x1", "ethernet"};
  sim.order_call = "POST /hyperstack/v1/core/virtual-machines";
  sim.list_call = "GET /hyperstack/v1/core/virtual-machines";
  sim.by_hand_per_order = kMostPerOrder;
  sim.order_by_hand = order_by_hand;
  return row;
}

}  // namespace spillway::contract
