// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/account.h"

#include <algorithm>
#include <utility>

#include "sim/http/hyperstack/api.h"

namespace spillway {
namespace {

using std::chrono::seconds;

struct Size {
  int gpus;
  int vcpus;
  int memory_gib;
  int storage_gib;
};

SimType flavor(const char* name, const char* gpu, const Size& size, int cents_per_hour) {
  SimType type;
  type.name = name;
  type.gpu_description = gpu;
  type.price_per_hour = Money::from_cents(cents_per_hour);
  type.gpus = size.gpus;
  type.vcpus = size.vcpus;
  type.memory_gib = size.memory_gib;
  type.storage_gib = size.storage_gib;
  return type;
}

// One GPU of 2.50, its sizes, and what shares its stock. Three hosts in Canada and two in Norway.
std::vector<SimType> h100_flavors() {
  const char* gpu = "H100-80G-PCIe";
  std::vector<SimType> types{flavor("n3-H100x8", gpu, {8, 252, 1440, 6600}, 2000),
                             flavor("n3-H100x4", gpu, {4, 124, 720, 3300}, 1000),
                             flavor("n3-H100x2", gpu, {2, 60, 360, 1600}, 500),
                             flavor("n3-H100x1", gpu, {1, 28, 180, 850}, 250),
                             flavor("n3-H100x1-bigroot", gpu, {1, 28, 180, 850}, 250)};
  for (SimType& type : types)
    type.capacity = {{"CANADA-1", 24 / type.gpus}, {"NORWAY-1", 16 / type.gpus}};
  types.push_back(flavor("n3-H100x8-spot", "H100-80G-PCIe-spot", {8, 252, 1440, 6600}, 1600));
  types.back().capacity = {{"CANADA-1", 2}};
  return types;
}

std::vector<SimType> flavors() {
  std::vector<SimType> types = h100_flavors();
  types.push_back(flavor("n3-H100-SXM5x8", "H100-80G-SXM5", {8, 192, 1800, 32100}, 2560));
  types.back().capacity = {{"US-1", 4}, {"CANADA-1", 2}};
  types.push_back(flavor("n3-L40x1", "L40", {1, 28, 58, 825}, 100));
  types.back().capacity = {{"CANADA-1", 8}};
  types.push_back(flavor("n1-cpu-small", "", {0, 4, 4, 100}, 10));
  types.back().capacity = {{"CANADA-1", 64}, {"NORWAY-1", 64}, {"US-1", 64}};
  return types;
}

template <typename List>
bool has_named(const List& list, const std::string& name) {
  return std::any_of(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
}

// Where none are told, one for each region, as a new account may have them.
std::vector<SimEnvironment> read_environments(JsonFields& fields,
                                              const Json& json,
                                              const std::vector<SimRegion>& regions) {
  std::vector<SimEnvironment> environments;
  const Json list = json.get("environments");
  if (list.is_absent()) {
    for (const SimRegion& region : regions)
      environments.push_back({"default-" + region.name, region.name});
    return environments;
  }
  if (!list.is_array()) fields.fail("environments", "must be a list");
  for (std::size_t i = 0; i < list.size(); ++i) {
    fields.expect("environments", list.at(i), {"name", "region"});
    const SimEnvironment read{fields.text(list.at(i), "name", ""),
                              fields.text(list.at(i), "region", "")};
    if (read.name.empty() || has_named(environments, read.name))
      fields.fail("environments", "each must have a name of its own");
    if (!has_named(regions, read.region))
      fields.fail("environments", "in unknown region \"" + read.region + "\"");
    environments.push_back(read);
  }
  return environments;
}

// The price book has one price for a GPU, and one for a core of a flavor without GPUs.
void check_prices(JsonFields& fields, const std::vector<SimType>& types) {
  const auto parts = [](const SimType& type) { return type.gpus > 0 ? type.gpus : type.vcpus; };
  for (const SimType& type : types) {
    const auto first = std::find_if(types.begin(), types.end(), [&](const SimType& each) {
      return (each.gpus > 0) == (type.gpus > 0) &&
             (type.gpus == 0 || each.gpu_description == type.gpu_description);
    });
    if (type.price_per_hour * parts(*first) != first->price_per_hour * parts(type))
      fields.fail("types." + type.name, "must have the price per GPU (or core) of " + first->name);
  }
}

}  // namespace

CloudScenario default_hyperstack_account() {
  CloudScenario account;
  account.api_key = Secret("simulated-hyperstack-key");
  account.cloud.ids = SimIds::kNumber;
  account.cloud.shares_gpus = true;
  account.cloud.regions = {{"NORWAY-1", "Norway"},
                           {"CANADA-1", "Canada"},
                           {"CANADA-2", "Canada"},
                           {"US-1", "United States"}};
  account.cloud.types = flavors();
  account.usual_type = account.cloud.types.front();
  // No boot time is documented; 300 s are known to be too short a wait for some.
  account.cloud.boot = {seconds(120), seconds(360)};
  account.cloud.terminate = {seconds(20), seconds(60)};
  account.cloud.billing.quantum = seconds(60);
  account.cloud.billing.minimum = seconds(60);
  account.cloud.billing.unhealthy = false;
  account.ssh_keys = {"ops"};
  // 500 calls a minute, whenever in it.
  account.documented_rates.requests = {std::chrono::milliseconds(120), 50'000};
  return account;
}

ApiFactory read_hyperstack(JsonFields& fields, const Json& json, const CloudScenario& account) {
  HyperstackSettings read;
  read.environments = read_environments(fields, json, account.cloud.regions);
  check_prices(fields, account.cloud.types);
  read.capacity_message = fields.text(json, "capacity_message", read.capacity_message);
  read.partial_orders = fields.boolean(json, "partial_orders", read.partial_orders);
  read.unique_names = fields.boolean(json, "unique_names", read.unique_names);
  read.errors_as_200 = fields.boolean(json, "errors_as_200", read.errors_as_200);
  read.credit =
      Money::from_cents(fields.integer(json, "credit_cents", read.credit.micros() / 10'000, 0));
  read.public_ip_per_hour = Money::from_micros(
      fields.integer(json, "public_ip_microusd_per_hour", read.public_ip_per_hour.micros(), 0));
  read.floating_ip = fields.range(json, "floating_ip_seconds", read.floating_ip);
  read.phase = fields.range(json, "phase_seconds", read.phase);
  return [read = std::move(read)](const CloudScenario& made, SimCloud& cloud, const Clock& clock) {
    return make_hyperstack_api(made, read, cloud, clock);
  };
}

}  // namespace spillway
