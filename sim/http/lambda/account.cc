// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/lambda/account.h"

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

}  // namespace

CloudScenario default_lambda_account() {
  CloudScenario account;
  account.api_key = Secret("simulated-lambda-key");
  account.cloud.provider = "lambda";
  account.cloud.regions = {{"us-east-1", "Virginia, USA"},
                           {"us-south-1", "Texas, USA"},
                           {"us-west-1", "California, USA"},
                           {"europe-central-1", "Germany"}};
  account.cloud.types = {h100(8, 3192, 208, 1800), h100(1, 429, 26, 225), a10()};
  account.cloud.boot = {seconds(113), seconds(180)};
  account.cloud.terminate = {seconds(20), seconds(60)};
  account.cloud.list_delay = seconds(1);
  account.cloud.billing = {seconds(60), seconds(0)};
  account.ssh_keys = {"ops"};
  account.order_interval = seconds(12);
  account.request_interval = seconds(1);
  return account;
}

}  // namespace spillway
