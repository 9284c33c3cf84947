// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/json.h"
#include "sim/uuid.h"
#include "tests/contract/row.h"

namespace spillway {
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

ContractRow common_row() {
  ContractRow row;
  row.config.name = "voltage-park";
  row.key = kKey;
  row.path = "/voltage-park/api/v1";
  row.scenario = kScenario;
  row.stock = 17;  // more than a page of a list
  row.tells_offers_to_all = true;
  return row;
}

}  // namespace

ContractRow voltage_park_contract() {
  auto row = common_row();
  row.name = "voltage-park";
  row.offer = {"voltage-park", kLocation, "bare-metal", "infiniband"};
  row.machines_per_order = 64;
  row.by_hand_per_order = 64;
  row.order_by_hand = order_nodes_by_hand;
  row.price_cents = 1992;
  row.sold_out = {"voltage-park", kSoldOut, "bare-metal", "infiniband"};
  row.order_call = "POST /voltage-park/api/v1/bare-metal/";
  row.list_call = "GET /voltage-park/api/v1/bare-metal/";
  row.unknown_id = "00000000-0000-4000-8000-000000000bad/203.0.113.1";
  return row;
}

// One VM an order, found by preset, ended by its id.
ContractRow voltage_park_vm_contract() {
  auto row = common_row();
  row.name = "voltage-park-vm";
  row.offer = {"voltage-park", kLocation, "vm-8x-h100-sxm5-80gb", "ethernet"};
  row.price_cents = 1514;
  row.sold_out = {"voltage-park", kSoldOut, "vm-8x-h100-sxm5-80gb", "ethernet"};
  row.order_call = "POST /voltage-park/api/v1/virtual-machines/instant";
  row.list_call = "GET /voltage-park/api/v1/virtual-machines/";
  row.tells_unhealthy = false;
  row.order_by_hand = order_vm_by_hand;
  row.crowd = 2000;  // one an order, 14 a page: 10,000 take minutes
  row.unknown_id = "vm/00000000-0000-4000-8000-000000000bad";
  return row;
}

}  // namespace spillway
