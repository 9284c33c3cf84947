// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/json.h"
#include "tests/contract/row.h"

namespace spillway::contract {
namespace {

constexpr const char* kKey = "secret_contract_0123";

constexpr const char* kScenario = R"json({
  "api_keys": {"lambda": "secret_contract_0123"},
  "lambda": {
    "regions": ["us-east-1", "us-west-1"],
    "types": {
      "gpu_8x_h100_sxm5": {"price_cents_per_hour": 3192, "vcpus": 208, "memory_gib": 1800,
        "storage_gib": 22528, "gpus": 8, "gpu_description": "H100 (80 GB SXM5)",
        "capacity": {"us-east-1": 3}},
      "gpu_1x_a10": {"price_cents_per_hour": 75, "vcpus": 30, "memory_gib": 226,
        "storage_gib": 1400, "gpus": 1, "gpu_description": "A10 (24 GB PCIe)",
        "capacity": {"us-west-1": 10000}}},
    "ssh_keys": ["ops"],
    "boot_seconds": [1, 1],
    "list_delay_seconds": 0,
    "terminate_seconds": [1, 1],
    "rate_scale": 0},
  "machines": {"backend": "none", "node_gpus": 8},
  "seed": 1})json";

bool order_by_hand(Transport& transport, const std::string& base_url, const HandOrder& order) {
  HttpRequest request;
  request.method = "POST";
  request.url = base_url + "/instance-operations/launch";
  request.headers = {{"content-type", "application/json"}};
  request.secret = Secret(kKey);
  request.body = Json::object()
                     .set("region_name", "us-west-1")
                     .set("instance_type_name", "gpu_1x_a10")
                     .set("ssh_key_names", Json::array().append(Json::of("ops")))
                     .set("name", order.name)
                     .dump();
  const auto answer = transport.send(request);
  return answer && answer->status == 200;
}

}  // namespace

Row lambda_row() {
  Row row;
  row.name = "lambda";
  row.provider = "lambda";
  row.unknown_id = "00000000000000000000000000000bad";

  auto& sim = row.simulated;
  sim.config.name = row.provider;
  sim.config.ssh_key = "ops";
  sim.config.regions = {"us-east-1", "us-west-1"};
  sim.key = kKey;
  sim.path = "/lambda/api/v1";
  sim.scenario = kScenario;
  sim.offer = {"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"};
  sim.stock = 3;
  sim.price_cents = 3192;
  sim.sold_out = {"lambda", "us-west-1", "gpu_8x_h100_sxm5", "ethernet"};
  sim.order_call = "POST /lambda/api/v1/instance-operations/launch";
  sim.list_call = "GET /lambda/api/v1/instances";
  sim.order_by_hand = order_by_hand;
  return row;
}

}  // namespace spillway::contract
