// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/lambda/account.h"

#include <utility>

#include "sim/http/lambda/api.h"

namespace spillway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SimType h100(int gpus, int cents, int vcpus, int memory_gib) {
  SimType type;
  type.name = "gpu_" + std::to_string(gpus) + "x_h100_sxm5";
  type.gpu_description = "H100 (80 GB SXM5)";
  type.description = std::to_string(gpus) + "x " + type.gpu_description;
  type.price_per_hour = Money::from_cents(cents);
  type.vcpus = vcpus;
  type.memory_gib = memory_gib;
  type.storage_gib = 2816 * gpus;
  type.gpus = gpus;
  type.capacity = {{"us-east-1", 8}, {"us-south-1", 4}};
  return type;
}

SimType a10() {
  SimType type;
  type.name = "gpu_1x_a10";
  type.gpu_description = "A10 (24 GB PCIe)";
  type.description = "1x " + type.gpu_description;
  type.price_per_hour = Money::from_cents(75);
  type.vcpus = 30;
  type.memory_gib = 226;
  type.storage_gib = 1400;
  type.gpus = 1;
  type.capacity = {{"us-west-1", 16}};
  return type;
}

std::vector<SimFileSystem> read_file_systems(JsonFields& fields, const Json& json) {
  const Json list = json.get("file_systems");
  if (!list.is_absent() && !list.is_array()) fields.fail("file_systems", "must be a list");
  std::vector<SimFileSystem> file_systems;
  for (std::size_t i = 0; i < list.size(); ++i) {
    fields.expect("file_systems", list.at(i), {"name", "region"});
    file_systems.push_back(
        {fields.text(list.at(i), "name", ""), fields.text(list.at(i), "region", "")});
  }
  return file_systems;
}

}  // namespace

CloudScenario default_lambda_account() {
  CloudScenario account;
  account.api_key = Secret("simulated-lambda-key");
  account.cloud.regions = {{"us-east-1", "Virginia, USA"},
                           {"us-south-1", "Texas, USA"},
                           {"us-west-1", "California, USA"},
                           {"europe-central-1", "Germany"}};
  account.cloud.types = {h100(8, 3192, 208, 1800), h100(1, 429, 26, 225), a10()};
  account.usual_type = account.cloud.types.front();
  account.cloud.boot = {seconds(113), seconds(180)};
  account.cloud.terminate = {seconds(20), seconds(60)};
  account.cloud.list_delay = seconds(1);
  account.cloud.billing = {seconds(60), seconds(0), false};
  account.ssh_keys = {"ops"};
  // "Generally one request per second" leaves room for one more; launches have none to spare.
  account.documented_rates = {{seconds(1), 100}, {seconds(12), 10}};
  return account;
}

ApiFactory read_lambda(JsonFields& fields, const Json& json, const CloudScenario&) {
  auto file_systems = read_file_systems(fields, json);
  return [file_systems = std::move(file_systems)](
             const CloudScenario& account, SimCloud& cloud, const Clock& clock) {
    return make_lambda_api(account, file_systems, cloud, clock);
  };
}

}  // namespace spillway
