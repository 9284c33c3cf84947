// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/voltage-park/account.h"

#include <utility>

#include "sim/http/voltage-park/api.h"
#include "sim/http/voltage-park/fabric.h"
#include "sim/uuid.h"

namespace spillway {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kLocation = "3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35";

// A node has eight GPUs; a machine with `gpus` of them has as much of the rest.
SimType share_of_node(const std::string& name, int gpus, int cents, int capacity) {
  SimType type;
  type.name = name;
  type.gpu_description = "h100-sxm5-80gb";
  type.description = std::to_string(gpus) + "x " + type.gpu_description;
  type.price_per_hour = Money::from_cents(cents);
  type.vcpus = 13 * gpus;
  type.memory_gib = 125 * gpus;
  type.storage_gib = 1900 * gpus;
  type.gpus = gpus;
  type.capacity = {{kLocation, capacity}};
  return type;
}

RefusalWords read_refusal(JsonFields& fields,
                          const Json& json,
                          const char* key,
                          const RefusalWords& usual) {
  const Json words = json.get(key);
  fields.expect(key, words, {"status", "detail"});
  const auto status = fields.integer(words, "status", usual.status, 400);
  if (status > 599) fields.fail(key, "status must be at most 599");
  return {static_cast<int>(status), fields.text(words, "detail", usual.detail)};
}

VoltageParkOptions read_options(JsonFields& fields, const Json& json) {
  VoltageParkOptions options;
  options.capacity_refusal =
      read_refusal(fields, json, "capacity_refusal", options.capacity_refusal);
  options.balance_refusal = read_refusal(fields, json, "balance_refusal", options.balance_refusal);
  if (!json.get("balance").is_absent())
    options.balance = Money::from_micros(1000 * fields.thousandths(json, "balance", 0));
  const auto storage = fields.integer(
      json, "vm_storage_cents_per_hour", options.vm_storage_per_hour.micros() / 10'000, 0);
  options.vm_storage_per_hour = Money::from_cents(storage);
  options.page_size = static_cast<int>(fields.integer(json, "page_size", options.page_size, 1));
  if (options.page_size > 15) fields.fail("page_size", "must be at most 15");
  return options;
}

}  // namespace

CloudScenario default_voltage_park_account() {
  CloudScenario account;
  account.api_key = Secret("simulated-voltage-park-key");
  account.cloud.ids = SimIds::kUuid;
  account.cloud.regions = {{kLocation, kLocation}};
  account.cloud.types = {share_of_node("ethernet", 8, 1592, 8),
                         share_of_node("infiniband", 8, 1992, 16),
                         share_of_node("vm-1x", 1, 191, 8),
                         share_of_node("vm-2x", 2, 380, 4),
                         share_of_node("vm-4x", 4, 758, 2),
                         share_of_node("vm-8x", 8, 1514, 1)};
  account.cloud.types[1].infiniband_ports = voltage_park_api::kGpusPerNode;  // one a GPU
  account.usual_type = account.cloud.types.front();
  account.cloud.boot = {minutes(12), minutes(18)};
  account.cloud.terminate = {seconds(5), seconds(30)};
  account.cloud.billing = {seconds(60), seconds(0), true};
  account.ssh_keys = {"ops"};
  // No rate is documented. Where the scenario sets one, it is as strict as Lambda's.
  account.documented_rates = {{seconds(0), 100}, {seconds(0), 10}};
  return account;
}

ApiFactory read_voltage_park(JsonFields& fields, const Json& json, const CloudScenario& account) {
  for (const SimRegion& region : account.cloud.regions) {
    if (!is_uuid(region.name)) fields.fail("regions", "\"" + region.name + "\" is no UUID");
  }
  for (const SimType& type : account.cloud.types) {
    if (voltage_park_api::is_fabric(type.name) && type.gpus != voltage_park_api::kGpusPerNode)
      fields.fail("types." + type.name, "a bare-metal node has 8 GPUs");
  }
  return [options = read_options(fields, json)](
             const CloudScenario& account_then, SimCloud& cloud, const Clock& clock) {
    return make_voltage_park_api(account_then, options, cloud, clock);
  };
}

}  // namespace spillway
