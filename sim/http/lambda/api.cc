// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/lambda/api.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "lib/text.h"
#include "sim/http/base64.h"
#include "sim/http/body.h"
#include "sim/http/lambda/errors.h"
#include "sim/http/lambda/launch.h"
#include "sim/http/lambda/show.h"
#include "sim/http/route.h"
#include "sim/rate.h"

namespace spillway {
namespace lambda_api {
namespace {

constexpr const char* kLaunchPath = "/instance-operations/launch";
constexpr std::size_t kKeyLimit = 1024;  // SSH keys of an account

ApiAnswer data(const Json& payload) {
  return json_answer(200, Json::object().set("data", payload));
}

class LambdaApi final : public CloudApi {
 public:
  LambdaApi(const CloudScenario& account,
            std::vector<SimFileSystem> file_systems,
            SimCloud& cloud,
            const Clock& clock)
      : key_(account.api_key),
        file_systems_(std::move(file_systems)),
        cloud_(cloud),
        clock_(clock),
        gate_(account.rates) {
    for (const std::string& name : account.ssh_keys)
      add_key(name, "ssh-ed25519 AAAA " + name);
  }

  [[nodiscard]] ApiAnswer answer(const ApiRequest& request) override;
  [[nodiscard]] ApiAnswer capacity_refusal() const override { return no_capacity(); }
  [[nodiscard]] ApiAnswer failure(int status) const override { return lambda_api::failure(status); }
  [[nodiscard]] std::optional<OrderNote> order_in(const ApiRequest& request) const override;

 private:
  using Verb = ApiAnswer (LambdaApi::*)(const ApiRequest&, const std::string& id);
  struct Route {
    const char* method;
    const char* path;  // a '*' in it stands for an id
    Verb verb;
  };
  static const std::array<Route, 13> kRoutes;

  [[nodiscard]] std::optional<ApiAnswer> refuse(const ApiRequest& request);
  const SshKey& add_key(const std::string& name, const std::string& public_key);
  [[nodiscard]] bool is_in_use(const SimFileSystem& file_system);
  [[nodiscard]] static std::optional<std::vector<std::string>> ids_in(const std::string& body);
  [[nodiscard]] Json show(const std::string& id);

  ApiAnswer list_types(const ApiRequest& request, const std::string& id);
  ApiAnswer list_regions(const ApiRequest& request, const std::string& id);
  ApiAnswer list_images(const ApiRequest& request, const std::string& id);
  ApiAnswer list_instances(const ApiRequest& request, const std::string& id);
  ApiAnswer get_instance(const ApiRequest& request, const std::string& id);
  ApiAnswer rename_instance(const ApiRequest& request, const std::string& id);
  ApiAnswer launch(const ApiRequest& request, const std::string& id);
  ApiAnswer terminate(const ApiRequest& request, const std::string& id);
  ApiAnswer restart(const ApiRequest& request, const std::string& id);
  ApiAnswer list_keys(const ApiRequest& request, const std::string& id);
  ApiAnswer make_key(const ApiRequest& request, const std::string& id);
  ApiAnswer delete_key(const ApiRequest& request, const std::string& id);
  ApiAnswer list_file_systems(const ApiRequest& request, const std::string& id);

  Secret key_;
  std::vector<SimFileSystem> file_systems_;
  SimCloud& cloud_;
  const Clock& clock_;
  SimRateGate gate_;
  std::vector<SshKey> keys_;
  int keys_made_ = 0;
};

const std::array<LambdaApi::Route, 13> LambdaApi::kRoutes{{
    {"GET", "/instance-types", &LambdaApi::list_types},
    {"GET", "/regions", &LambdaApi::list_regions},
    {"GET", "/images", &LambdaApi::list_images},
    {"GET", "/instances", &LambdaApi::list_instances},
    {"GET", "/instances/*", &LambdaApi::get_instance},
    {"POST", "/instances/*", &LambdaApi::rename_instance},
    {"POST", kLaunchPath, &LambdaApi::launch},
    {"POST", "/instance-operations/terminate", &LambdaApi::terminate},
    {"POST", "/instance-operations/restart", &LambdaApi::restart},
    {"GET", "/ssh-keys", &LambdaApi::list_keys},
    {"POST", "/ssh-keys", &LambdaApi::make_key},
    {"DELETE", "/ssh-keys/*", &LambdaApi::delete_key},
    {"GET", "/file-systems", &LambdaApi::list_file_systems},
}};

// The key in an Authorization header: "Bearer KEY", "Basic base64(KEY:)" or "Basic KEY".
// Source: specification 1.10.0, securitySchemes.
std::vector<std::string> keys_in(const std::string& authorization) {
  const std::size_t blank = authorization.find(' ');
  if (blank == std::string::npos) return {};
  const std::string scheme = to_lower(authorization.substr(0, blank));
  const std::string rest(trim(std::string_view(authorization).substr(blank)));
  if (scheme == "bearer") return {rest};
  if (scheme != "basic") return {};
  std::vector<std::string> keys{rest};
  if (const auto pair = decode_base64(rest)) keys.push_back(pair->substr(0, pair->find(':')));
  return keys;
}

std::optional<ApiAnswer> LambdaApi::refuse(const ApiRequest& request) {
  const auto given = keys_in(request.header("authorization"));
  if (given.empty()) return no_key();
  const bool known = std::any_of(given.begin(), given.end(), [&](const std::string& each) {
    return equal_in_constant_time(each, key_.reveal());
  });
  if (!known) return wrong_key();
  const bool is_launch = request.method == "POST" && request.path == kLaunchPath;
  if (!gate_.admit(is_launch, clock_.now())) return too_many_requests();
  return std::nullopt;
}

ApiAnswer LambdaApi::answer(const ApiRequest& request) {
  if (auto refusal = refuse(request)) return *refusal;
  for (const Route& route : kRoutes) {
    if (request.method != route.method) continue;
    if (const auto id = match_path(route.path, request.path))
      return (this->*route.verb)(request, *id);
  }
  return unknown_path();
}

std::optional<OrderNote> LambdaApi::order_in(const ApiRequest& request) const {
  if (request.method != "POST" || request.path != kLaunchPath) return std::nullopt;
  const Json body = object_in(request.body);
  return OrderNote{body.string("region_name").value_or(""),
                   body.string("instance_type_name").value_or(""),
                   body.string("name").value_or(""),
                   1};
}

const SshKey& LambdaApi::add_key(const std::string& name, const std::string& public_key) {
  const std::string id = sha256_hex("ssh key " + std::to_string(++keys_made_)).substr(0, 32);
  keys_.push_back({id, name, public_key});
  return keys_.back();
}

bool LambdaApi::is_in_use(const SimFileSystem& file_system) {
  const auto uses = [&](const SimMachine* machine) {
    const Json mounts = machine->order.details.get("file_system_mounts");
    for (std::size_t i = 0; i < mounts.size(); ++i) {
      if (mounts.at(i).string("file_system_id") == file_system_id(file_system)) return true;
    }
    return false;
  };
  const auto machines = cloud_.listed();
  return std::any_of(machines.begin(), machines.end(), uses);
}

std::optional<std::vector<std::string>> LambdaApi::ids_in(const std::string& body) {
  const Json list = object_in(body).get("instance_ids");
  if (!list.is_array()) return std::nullopt;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto id = list.at(i).as_string();
    if (!id) return std::nullopt;
    ids.push_back(*id);
  }
  return ids;
}

Json LambdaApi::show(const std::string& id) {
  return show_instance(cloud_, *cloud_.find(id), clock_.now());
}

ApiAnswer LambdaApi::list_types(const ApiRequest&, const std::string&) {
  Json types = Json::object();
  for (const SimType& type : cloud_.settings().types)
    types.set(type.name.c_str(), show_offer(cloud_, type));
  return data(types);
}

ApiAnswer LambdaApi::list_regions(const ApiRequest&, const std::string&) {
  Json regions = Json::array();
  for (const SimRegion& region : cloud_.settings().regions)
    regions.append(show_region(region));
  return data(regions);
}

ApiAnswer LambdaApi::list_images(const ApiRequest&, const std::string&) {
  Json images = Json::array();
  for (const Image& image : images_of(cloud_))
    images.append(show_image(image));
  return data(images);
}

ApiAnswer LambdaApi::list_instances(const ApiRequest& request, const std::string&) {
  Json instances = Json::array();
  // On-demand machines belong to no cluster.
  if (request.query.contains("cluster_id")) return data(instances);
  for (const SimMachine* machine : cloud_.listed())
    instances.append(show_instance(cloud_, *machine, clock_.now()));
  return data(instances);
}

ApiAnswer LambdaApi::get_instance(const ApiRequest&, const std::string& id) {
  if (cloud_.find(id) == nullptr) return no_such_instance();
  return data(show(id));
}

ApiAnswer LambdaApi::rename_instance(const ApiRequest& request, const std::string& id) {
  const Json body = object_in(request.body);
  if (body.is_absent()) return invalid("The body must be a JSON object.");
  const Json name = body.get("name");
  if (!name.is_absent() && !(name.as_string() && is_at_most(*name.as_string(), 64)))
    return invalid("name: must be a string of 64 characters or fewer.");
  if (cloud_.find(id) == nullptr) return no_such_instance();
  if (!name.is_absent() && !cloud_.rename(id, *name.as_string())) return no_such_instance();
  return data(show(id));
}

ApiAnswer LambdaApi::launch(const ApiRequest& request, const std::string&) {
  auto order = read_launch({cloud_, keys_, file_systems_}, object_in(request.body));
  if (const auto* refusal = std::get_if<ApiAnswer>(&order)) return *refusal;
  const auto id = cloud_.order(std::get<SimOrder>(std::move(order)));
  if (id) return data(Json::object().set("instance_ids", Json::array().append(Json::of(*id))));
  switch (id.error().code) {
    case ErrorCode::kNoCapacity:
      return no_capacity();
    case ErrorCode::kQuota:
      return quota_exceeded();
    default:
      return lambda_api::failure(500);
  }
}

ApiAnswer LambdaApi::terminate(const ApiRequest& request, const std::string&) {
  const auto ids = ids_in(request.body);
  if (!ids) return invalid("instance_ids: an array of strings is required.");
  // All or nothing: one id that is unknown, and none is ended.
  for (const std::string& id : *ids) {
    if (cloud_.find(id) == nullptr) return no_such_instance();
  }
  Json ended = Json::array();
  for (const std::string& id : *ids) {
    if (!cloud_.terminate(id)) return no_such_instance();
    ended.append(show(id));
  }
  return data(Json::object().set("terminated_instances", ended));
}

ApiAnswer LambdaApi::restart(const ApiRequest& request, const std::string&) {
  const auto ids = ids_in(request.body);
  if (!ids) return invalid("instance_ids: an array of strings is required.");
  for (const std::string& id : *ids) {
    const SimMachine* machine = cloud_.find(id);
    if (machine == nullptr) return no_such_instance();
    if (machine->status != SimStatus::kActive && machine->status != SimStatus::kUnhealthy)
      return conflict();
  }
  Json restarted = Json::array();
  for (const std::string& id : *ids) {
    if (!cloud_.restart(id)) return conflict();
    restarted.append(show(id));
  }
  return data(Json::object().set("restarted_instances", restarted));
}

ApiAnswer LambdaApi::list_keys(const ApiRequest&, const std::string&) {
  Json keys = Json::array();
  for (const SshKey& key : keys_)
    keys.append(show_ssh_key(key));
  return data(keys);
}

ApiAnswer LambdaApi::make_key(const ApiRequest& request, const std::string&) {
  const Json body = object_in(request.body);
  const auto name = body.string("name");
  if (!name || name->empty() || !is_at_most(*name, 64))
    return invalid("name: a string of 1 to 64 characters is required.");
  const Json given = body.get("public_key");
  const auto public_key = given.as_string();
  if (!given.is_absent() && (!public_key || public_key->empty() || !is_at_most(*public_key, 4096)))
    return invalid("public_key: must be a string of 1 to 4096 characters.");
  if (std::any_of(keys_.begin(), keys_.end(), [&](const SshKey& key) { return key.name == *name; }))
    return invalid("name must be unique");
  if (keys_.size() >= kKeyLimit) return quota_exceeded();
  const SshKey& key = add_key(*name, public_key.value_or("ssh-rsa AAAA-simulated " + *name));
  Json shown = show_ssh_key(key);
  // Simulated machines have no door for it to open.
  if (!public_key)
    shown.set("private_key",
              "-----BEGIN RSA PRIVATE KEY-----\nsimulated\n-----END RSA PRIVATE KEY-----\n");
  return data(shown);
}

ApiAnswer LambdaApi::delete_key(const ApiRequest&, const std::string& id) {
  const auto erased = std::erase_if(keys_, [&](const SshKey& key) { return key.id == id; });
  if (erased == 0) return unknown_path();
  return data(Json::object());
}

ApiAnswer LambdaApi::list_file_systems(const ApiRequest&, const std::string&) {
  Json list = Json::array();
  for (const SimFileSystem& each : file_systems_)
    list.append(show_file_system(cloud_, each, is_in_use(each)));
  return data(list);
}

}  // namespace
}  // namespace lambda_api

std::unique_ptr<CloudApi> make_lambda_api(const CloudScenario& account,
                                          const std::vector<SimFileSystem>& file_systems,
                                          SimCloud& cloud,
                                          const Clock& clock) {
  return std::make_unique<lambda_api::LambdaApi>(account, file_systems, cloud, clock);
}

}  // namespace spillway
