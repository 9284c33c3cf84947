// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/scenario.h"

#include <algorithm>
#include <utility>

#include "sim/http/clouds.h"
#include "sim/http/json_fields.h"

namespace spillway {
namespace {

constexpr int kFirstNetwork = 77;  // of the first kind of cloud; each has its own
// Of every cloud, as it is with real ones: nobody numbers private networks for others.
constexpr const char* kPrivateNetwork = "10.0.2";

std::vector<const char*> cloud_names() {
  std::vector<const char*> names;
  for (const CloudKind& kind : cloud_kinds())
    names.push_back(kind.name);
  return names;
}

// The keys that every cloud has.
const std::vector<const char*>& common_keys() {
  static const std::vector<const char*> keys{"regions",
                                             "types",
                                             "ssh_keys",
                                             "boot_seconds",
                                             "list_delay_seconds",
                                             "terminate_seconds",
                                             "launch_interval_seconds",
                                             "request_interval_seconds",
                                             "rate_scale",
                                             "quota",
                                             "overbooks",
                                             "billing_quantum_seconds",
                                             "minimum_seconds"};
  return keys;
}

// `usual` has what the file leaves out, except where there are machines.
SimType read_type(JsonFields& fields,
                  const std::string& name,
                  const Json& json,
                  const SimType& usual) {
  fields.expect("types." + name,
                json,
                {"price_cents_per_hour",
                 "vcpus",
                 "memory_gib",
                 "storage_gib",
                 "gpus",
                 "infiniband_ports",
                 "gpu_description",
                 "description",
                 "capacity"});
  SimType type;
  type.name = name;
  const std::int64_t cents = usual.price_per_hour.micros() / 10'000;
  type.price_per_hour = Money::from_cents(fields.integer(json, "price_cents_per_hour", cents, 0));
  type.vcpus = static_cast<int>(fields.integer(json, "vcpus", usual.vcpus, 1));
  type.memory_gib = static_cast<int>(fields.integer(json, "memory_gib", usual.memory_gib, 1));
  type.storage_gib = static_cast<int>(fields.integer(json, "storage_gib", usual.storage_gib, 0));
  type.gpus = static_cast<int>(fields.integer(json, "gpus", usual.gpus, 0));
  type.infiniband_ports =
      static_cast<int>(fields.integer(json, "infiniband_ports", usual.infiniband_ports, 0));
  type.gpu_description = fields.text(json, "gpu_description", usual.gpu_description);
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

void read_types(JsonFields& fields,
                const Json& json,
                const SimType& usual,
                SimCloudSettings& cloud) {
  const Json types = json.get("types");
  if (types.is_absent()) {
    // The built-in types, as far as the file's regions reach.
    for (SimType& type : cloud.types)
      std::erase_if(type.capacity,
                    [&](const auto& place) { return !has_region(cloud, place.first); });
    return;
  }
  if (!types.is_object()) fields.fail("types", "must be an object");
  const std::vector<SimType> built_in = std::exchange(cloud.types, {});
  types.for_each([&](const std::string& name, const Json& type) {
    SimType like = usual;
    for (const SimType& each : built_in) {
      if (each.name == name) like.infiniband_ports = each.infiniband_ports;
    }
    cloud.types.push_back(read_type(fields, name, type, like));
  });
  for (const SimType& type : cloud.types) {
    for (const auto& place : type.capacity) {
      if (!has_region(cloud, place.first))
        fields.fail("types." + type.name, "capacity in unknown region \"" + place.first + "\"");
    }
  }
}

SimRateRule read_rate(JsonFields& fields, const Json& json, const char* key, SimRateRule rule) {
  rule.interval = fields.seconds(json, key, rule.interval);
  return rule;
}

void read_rates(JsonFields& fields, const Json& json, CloudScenario& account) {
  account.rates = {
      read_rate(fields, json, "request_interval_seconds", account.documented_rates.requests),
      read_rate(fields, json, "launch_interval_seconds", account.documented_rates.orders)};
  const std::int64_t scale = fields.thousandths(json, "rate_scale", 1000);
  for (SimRateRule* rule : {&account.rates.requests, &account.rates.orders})
    rule->interval = rule->interval * scale / 1000;
}

void read_billing(JsonFields& fields, const Json& json, SimBilling& billing) {
  using std::chrono::seconds;
  billing.quantum =
      seconds(fields.integer(json, "billing_quantum_seconds", billing.quantum.count(), 1));
  billing.minimum = seconds(fields.integer(json, "minimum_seconds", billing.minimum.count(), 0));
}

void read_common(JsonFields& fields, const Json& json, CloudScenario& account) {
  SimCloudSettings& cloud = account.cloud;
  read_regions(fields, json, cloud);
  read_types(fields, json, account.usual_type, cloud);
  account.ssh_keys = fields.texts(json, "ssh_keys", account.ssh_keys);
  cloud.boot = fields.range(json, "boot_seconds", cloud.boot);
  cloud.terminate = fields.range(json, "terminate_seconds", cloud.terminate);
  cloud.list_delay = fields.seconds(json, "list_delay_seconds", cloud.list_delay);
  if (!json.get("quota").is_absent())
    cloud.quota = static_cast<int>(fields.integer(json, "quota", 0, 0));
  cloud.overbooks = fields.boolean(json, "overbooks", cloud.overbooks);
  read_rates(fields, json, account);
  read_billing(fields, json, cloud.billing);
}

CloudScenario read_cloud(JsonFields& fields, const Json& json, const CloudKind& kind) {
  std::vector<const char*> known = common_keys();
  known.insert(known.end(), kind.own_keys.begin(), kind.own_keys.end());
  fields.expect(kind.name, json, known);
  CloudScenario account = kind.default_account();
  account.prefix = kind.prefix;
  account.cloud.provider = kind.name;
  read_common(fields, json, account);
  account.make_api = kind.read_own(fields, json, account);
  return account;
}

Secret read_key(JsonFields& fields, const Json& keys, const char* cloud, const Secret& fallback) {
  Secret key(fields.text(keys, cloud, fallback.reveal()));
  if (key.empty()) fields.fail(std::string("api_keys.") + cloud, "must not be empty");
  return key;
}

// The clouds that the file mentions; the first that there is when it mentions none.
void read_clouds(JsonFields& fields, const Json& json, Scenario& scenario) {
  const std::vector<CloudKind>& kinds = cloud_kinds();
  const Json keys = json.get("api_keys");
  fields.expect("api_keys", keys, cloud_names());
  const auto is_mentioned = [&](const CloudKind& kind) {
    return !json.get(kind.name).is_absent() || !keys.get(kind.name).is_absent();
  };
  const bool none = std::none_of(kinds.begin(), kinds.end(), is_mentioned);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (!is_mentioned(kinds[i]) && !(none && i == 0)) continue;
    CloudScenario account = read_cloud(fields, json.get(kinds[i].name), kinds[i]);
    account.api_key = read_key(fields, keys, kinds[i].name, account.api_key);
    account.cloud.network = kFirstNetwork + static_cast<int>(i);
    account.cloud.seed = static_cast<std::uint64_t>(fields.integer(json, "seed", 1, 0));
    scenario.clouds.push_back(std::move(account));
  }
}

void read_machines(JsonFields& fields, const Json& json, Scenario& scenario) {
  fields.expect("machines", json, {"backend", "node_gpus", "shared_folder"});
  const std::string backend = fields.text(json, "backend", "process");
  if (backend == "namespace")
    scenario.backend = MachineBackend::kNamespace;
  else if (backend == "none")
    scenario.backend = MachineBackend::kNone;
  else if (backend != "process")
    fields.fail("machines.backend", R"(must be "process", "namespace" or "none")");
  if (scenario.backend == MachineBackend::kNamespace) {
    for (CloudScenario& account : scenario.clouds)
      account.cloud.private_network = kPrivateNetwork;
  }
  if (!json.get("node_gpus").is_absent())
    scenario.node_gpus = static_cast<int>(fields.integer(json, "node_gpus", 0, 0));
  scenario.shared_folder = fields.text(json, "shared_folder", "");
  if (!scenario.shared_folder.empty() && scenario.shared_folder.front() != '/')
    fields.fail("machines.shared_folder", "must be an absolute path");
}

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, const std::string& what) {
  const auto json = Json::parse(text, what);
  if (!json) return Error{ErrorCode::kInvalid, json.error().message, {}};
  if (!json->is_object()) return Error{ErrorCode::kInvalid, what + ": must be an object", {}};

  JsonFields fields(what);
  std::vector<const char*> known = cloud_names();
  known.insert(known.end(), {"api_keys", "machines", "seed"});
  fields.expect("scenario", *json, known);
  Scenario scenario;
  read_clouds(fields, *json, scenario);
  read_machines(fields, json->get("machines"), scenario);
  if (auto status = fields.status(); !status) return status.error();
  return scenario;
}

const CloudScenario* Scenario::find(std::string_view provider) const {
  const auto found = std::find_if(clouds.begin(), clouds.end(), [&](const CloudScenario& each) {
    return each.cloud.provider == provider;
  });
  return found == clouds.end() ? nullptr : &*found;
}

}  // namespace spillway
