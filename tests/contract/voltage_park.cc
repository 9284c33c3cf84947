// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/json.h"
#include "sim/uuid.h"
#include "tests/contract/row.h"

namespace spillway::contract {
namespace {

constexpr const char* kKey = "vp-contract-0123";
constexpr const char* kLocation = "3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35";
constexpr const char* kSoldOut = "5b0c9d7a-1e2f-4a3b-8c4d-6e5f70819203";

constexpr const char* kScenario = R"json({
  "api_keys": {"voltage-park": "vp-contract-0123"},
  "voltage-park": {
    "regions": ["3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35", "5b0c9d7a-1e2f-4a3b-8c4d-6e5f70819203"],
    "types": {
      "ethernet": {"price_cents_per_hour": 1592,
        "capacity": {"3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35": 10000}},
      "infiniband": {"price_cents_per_hour": 1992,
        "capacity": {"3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35": 17}},
      "h100x8": {"price_cents_per_hour": 1514, "vcpus": 208, "memory_gib": 1440, "storage_gib": 4000,
        "gpus": 8, "gpu_description": "h100-sxm5-80gb",
        "capacity": {"3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35": 17}},
      "h100x1": {"price_cents_per_hour": 191, "vcpus": 26, "memory_gib": 180, "storage_gib": 500,
        "gpus": 1, "gpu_description": "h100-sxm5-80gb",
        "capacity": {"3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35": 10000}}},
    "boot_seconds": [1, 1],
    "list_delay_seconds": 0,
    "terminate_seconds": [1, 1]},
  "machines": {"backend": "none", "node_gpus": 8},
  "seed": 1})json";

bool post(Transport& transport, const std::string& url, const Json& body) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"content-type", "application/json"}};
  request.secret = Secret(kKey);
  request.body = body.dump();
  const auto answer = transport.send(request);
  return answer && answer->status >= 200 && answer->status < 300;
}

bool order_nodes_by_hand(Transport& transport,
                         const std::string& base_url,
                         const HandOrder& order) {
  const auto nodes = std::to_string(order.machines);
  const auto body = Json::object()
                        .set("location_id", kLocation)
                        .set("gpu_count", order.machines * 8)
                        .set("name", order.machines == 1 ? order.name : order.name + "-x" + nodes)
                        .set("network_type", "ethernet");
  return post(transport, base_url + "/bare-metal/", body);
}

bool order_vm_by_hand(Transport& transport, const std::string& base_url, const HandOrder& order) {
  const auto body = Json::object()
                        .set("location_id", kLocation)
                        .set("config_id", uuid_of("preset h100x1"))
                        .set("name", order.name);
  return post(transport, base_url + "/virtual-machines/instant", body);
}

bool is_vm(const OfferId& id) {
  return id.type.starts_with("vm-");
}

bool is_node(const OfferId& id) {
  return !is_vm(id);
}

Row common_row() {
  Row row;
  row.provider = "voltage-park";
  row.tells_offers_to_all = true;
  row.simulated.config.name = row.provider;
  row.simulated.key = kKey;
  row.simulated.path = "/voltage-park/api/v1";
  row.simulated.scenario = kScenario;
  row.simulated.stock = 17;  // more than a page of a list
  return row;
}

}  // namespace

Row voltage_park_row() {
  auto row = common_row();
  row.name = "voltage-park";
  row.has = is_node;
  row.machines_per_order = 64;
  row.unknown_id = "00000000-0000-4000-8000-000000000bad/203.0.113.1";

  auto& sim = row.simulated;
  sim.offer = {"voltage-park", kLocation, "bare-metal", "infiniband"};
  sim.price_cents = 1992;
  sim.sold_out = {"voltage-park", kSoldOut, "bare-metal", "infiniband"};
  sim.order_call = "POST /voltage-park/api/v1/bare-metal/";
  sim.list_call = "GET /voltage-park/api/v1/bare-metal/";
  sim.by_hand_per_order = 64;
  sim.order_by_hand = order_nodes_by_hand;
  return row;
}

// One VM an order, found by preset, ended by its id.
Row voltage_park_vm_row() {
  auto row = common_row();
  row.name = "voltage-park-vm";
  row.has = is_vm;
  row.unknown_id = "vm/00000000-0000-4000-8000-000000000bad";
  row.tells_unhealthy = false;

  auto& sim = row.simulated;
  sim.offer = {"voltage-park", kLocation, "vm-8x-h100-sxm5-80gb", "ethernet"};
  sim.price_cents = 1514;
  sim.sold_out = {"voltage-park", kSoldOut, "vm-8x-h100-sxm5-80gb", "ethernet"};
  sim.order_call = "POST /voltage-park/api/v1/virtual-machines/instant";
  sim.list_call = "GET /voltage-park/api/v1/virtual-machines/";
  sim.crowd = 2000;  // one an order, 14 a page: 10,000 take minutes
  sim.order_by_hand = order_vm_by_hand;
  return row;
}

}  // namespace spillway::contract
