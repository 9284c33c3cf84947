// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/scenario.h"

#include <algorithm>
#include <utility>

#include "sim/http/json_fields.h"
#include "sim/http/lambda/account.h"

namespace spillway {
namespace {

SimType read_type(JsonFields& fields, const std::string& name, const Json& json) {
  fields.expect("types." + name,
                json,
                {"price_cents_per_hour",
                 "vcpus",
                 "memory_gib",
                 "storage_gib",
                 "gpus",
                 "gpu_description",
                 "description",
                 "capacity"});
  SimType type;
  type.name = name;
  type.price_per_hour = Money::from_cents(fields.integer(json, "price_cents_per_hour", 3192, 0));
  type.vcpus = static_cast<int>(fields.integer(json, "vcpus", 208, 1));
  type.memory_gib = static_cast<int>(fields.integer(json, "memory_gib", 1800, 1));
  type.storage_gib = static_cast<int>(fields.integer(json, "storage_gib", 22528, 0));
  type.gpus = static_cast<int>(fields.integer(json, "gpus", 8, 0));
  type.gpu_description = fields.text(json, "gpu_description", "H100 (80 GB SXM5)");
  type.description =
      fields.text(json, "description", std::to_string(type.gpus) + "x " + type.gpu_description);
  const Json capacity = json.get("capacity");
  capacity.for_each([&](const std::string& region, const Json&) {
    type.capacity[region] = static_cast<int>(fields.integer(capacity, region.c_str(), 0, 0));
  });
  return type;
}

void read_regions(JsonFields& fields, const Json& json, SimCloudSettings& cloud) {
  if (json.get("regions").is_absent()) return;
  std::vector<SimRegion> regions;
  for (const std::string& name : fields.texts(json, "regions", {})) {
    const auto known = std::find_if(cloud.regions.begin(),
                                    cloud.regions.end(),
                                    [&](const SimRegion& region) { return region.name == name; });
    regions.push_back(known == cloud.regions.end() ? SimRegion{name, name} : *known);
  }
  cloud.regions = std::move(regions);
}

bool has_region(const SimCloudSettings& cloud, const std::string& name) {
  return std::any_of(cloud.regions.begin(), cloud.regions.end(), [&](const SimRegion& region) {
    return region.name == name;
  });
}

void read_types(JsonFields& fields, const Json& json, SimCloudSettings& cloud) {
  const Json types = json.get("types");
  if (types.is_absent()) {
    // The built-in types, as far as the file's regions reach.
    for (SimType& type : cloud.types)
      std::erase_if(type.capacity,
                    [&](const auto& place) { return !has_region(cloud, place.first); });
    return;
  }
  if (!types.is_object()) fields.fail("types", "must be an object");
  cloud.types.clear();
  types.for_each([&](const std::string& name, const Json& type) {
    cloud.types.push_back(read_type(fields, name, type));
  });
  for (const SimType& type : cloud.types) {
    for (const auto& place : type.capacity) {
      if (!has_region(cloud, place.first))
        fields.fail("types." + type.name, "capacity in unknown region \"" + place.first + "\"");
    }
  }
}

void read_file_systems(JsonFields& fields, const Json& json, CloudScenario& account) {
  const Json list = json.get("file_systems");
  if (!list.is_absent() && !list.is_array()) fields.fail("file_systems", "must be a list");
  for (std::size_t i = 0; i < list.size(); ++i) {
    fields.expect("file_systems", list.at(i), {"name", "region"});
    account.file_systems.push_back(
        {fields.text(list.at(i), "name", ""), fields.text(list.at(i), "region", "")});
  }
}

std::chrono::milliseconds scaled(std::chrono::milliseconds interval, std::int64_t thousandths) {
  return interval * thousandths / 1000;
}

void read_cloud(JsonFields& fields, const Json& json, CloudScenario& account) {
  fields.expect("lambda",
                json,
                {"regions",
                 "types",
                 "ssh_keys",
                 "file_systems",
                 "boot_seconds",
                 "list_delay_seconds",
                 "terminate_seconds",
                 "launch_interval_seconds",
                 "request_interval_seconds",
                 "rate_scale",
                 "quota"});
  SimCloudSettings& cloud = account.cloud;
  read_regions(fields, json, cloud);
  read_types(fields, json, cloud);
  read_file_systems(fields, json, account);
  account.ssh_keys = fields.texts(json, "ssh_keys", account.ssh_keys);
  cloud.boot = fields.range(json, "boot_seconds", cloud.boot);
  cloud.terminate = fields.range(json, "terminate_seconds", cloud.terminate);
  cloud.list_delay = fields.seconds(json, "list_delay_seconds", cloud.list_delay);
  if (!json.get("quota").is_absent())
    cloud.quota = static_cast<int>(fields.integer(json, "quota", 0, 0));
  const std::int64_t scale = fields.thousandths(json, "rate_scale", 1000);
  account.order_interval =
      scaled(fields.seconds(json, "launch_interval_seconds", account.order_interval), scale);
  account.request_interval =
      scaled(fields.seconds(json, "request_interval_seconds", account.request_interval), scale);
}

void read_machines(JsonFields& fields, const Json& json, Scenario& scenario) {
  fields.expect("machines", json, {"backend", "node_gpus"});
  const std::string backend = fields.text(json, "backend", "process");
  if (backend != "process" && backend != "none")
    fields.fail("machines.backend", "must be \"process\" or \"none\"");
  scenario.backend = backend == "none" ? MachineBackend::kNone : MachineBackend::kProcess;
  if (!json.get("node_gpus").is_absent())
    scenario.node_gpus = static_cast<int>(fields.integer(json, "node_gpus", 0, 0));
}

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, const std::string& what) {
  const auto json = Json::parse(text, what);
  if (!json) return Error{ErrorCode::kInvalid, json.error().message, {}};
  if (!json->is_object()) return Error{ErrorCode::kInvalid, what + ": must be an object", {}};

  JsonFields fields(what);
  Scenario scenario;
  scenario.lambda = default_lambda_account();
  fields.expect("scenario", *json, {"api_keys", "lambda", "machines", "seed"});
  fields.expect("api_keys", json->get("api_keys"), {"lambda"});
  scenario.lambda.api_key =
      Secret(fields.text(json->get("api_keys"), "lambda", scenario.lambda.api_key.reveal()));
  if (scenario.lambda.api_key.empty()) fields.fail("api_keys.lambda", "must not be empty");
  read_cloud(fields, json->get("lambda"), scenario.lambda);
  read_machines(fields, json->get("machines"), scenario);
  scenario.lambda.cloud.seed = static_cast<std::uint64_t>(fields.integer(*json, "seed", 1, 0));
  if (auto status = fields.status(); !status) return status.error();
  return scenario;
}

}  // namespace spillway
