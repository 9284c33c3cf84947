// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/environments.h"

#include <array>

#include "sim/http/hyperstack/errors.h"
#include "sim/http/hyperstack/show.h"

namespace spillway::hyperstack_api {
namespace {

constexpr std::size_t kKeyLimit = 16'384;  // characters of a public key
constexpr std::array<std::string_view, 5> kKeyTypes{
    "ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"};

// A page of `things` whose name has what the call searches for.
template <typename Thing, typename Show>
ApiAnswer list_named(const Call& call,
                     const char* collection,
                     const std::vector<Thing>& things,
                     const Show& show) {
  const auto page = read_page(call, "pageSize");
  if (const auto* refusal = std::get_if<ApiAnswer>(&page)) return *refusal;
  std::vector<Thing> found;
  for (const Thing& thing : things) {
    if (contains(thing.name, call.query("search"))) found.push_back(thing);
  }
  Json shown = Json::array();
  for (const Thing& thing : std::get<Page>(page).cut(found))
    shown.append(show(thing));
  Json answer = success(std::string("Getting ") + collection + " successful");
  std::get<Page>(page).tell(answer, found.size());
  return json_answer(200, answer.set(collection, shown));
}

ApiAnswer list_environments(Tenant& tenant, const Call& call) {
  return list_named(call, "environments", tenant.environments, show_environment);
}

ApiAnswer create_environment(Tenant& tenant, const Call& call) {
  for (const char* key : {"name", "region"}) {
    if (auto refusal = check_text(call.body, key, kNameLimit)) return *refusal;
  }
  const std::string name = *call.body.string("name");
  const std::string region = *call.body.string("region");
  if (tenant.cloud.find_region(region) == nullptr) return missing("Region " + region);
  if (tenant.find_environment(name) != nullptr) return already_there("Environment " + name);
  const Environment& made = tenant.add_environment(name, region);
  return json_answer(
      200, success("Environment created successfully").set("environment", show_environment(made)));
}

ApiAnswer get_environment(Tenant& tenant, const Call& call) {
  const Environment* found = tenant.find_environment_by_id(call.id);
  if (found == nullptr) return missing("Environment " + call.id);
  return json_answer(
      200, success("Getting environment successful").set("environment", show_environment(*found)));
}

// One that is not empty stays, and the answer counts what is in it.
ApiAnswer delete_environment(Tenant& tenant, const Call& call) {
  const Environment* found = tenant.find_environment_by_id(call.id);
  if (found == nullptr) return missing("Environment " + call.id);
  const std::string name = found->name;
  const int machines = tenant.machines_in(name);
  const auto keypairs =
      std::count_if(tenant.keypairs.begin(), tenant.keypairs.end(), [&](const Keypair& each) {
        return each.environment == name;
      });
  if (machines > 0 || keypairs > 0)
    return error(405,
                 "Environment " + name + " is not empty: VMs: " + std::to_string(machines) +
                     ", keypairs: " + std::to_string(keypairs) + ".");
  std::erase_if(tenant.environments, [&](const Environment& each) { return each.name == name; });
  return json_answer(200, success("Environment deleted successfully"));
}

ApiAnswer is_environment_free(Tenant& tenant, const Call& call) {
  const bool is_free = tenant.find_environment(call.id) == nullptr;
  return json_answer(200, name_availability(call.id, is_free));
}

ApiAnswer get_quota(Tenant& tenant, const Call& call) {
  const Environment* found = tenant.find_environment_by_id(call.id);
  if (found == nullptr) return missing("Environment " + call.id);
  const int machines = tenant.machines_in(found->name);
  return json_answer(200,
                     Json::object()
                         .set("current_vms", machines)
                         .set("max_vms", kMachinesPerEnvironment)
                         .set("available_vms", std::max(0, kMachinesPerEnvironment - machines))
                         .set("percentage_used", machines * 100 / kMachinesPerEnvironment)
                         .set("cidr", "10.0.0.0/24"));
}

ApiAnswer list_keypairs(Tenant& tenant, const Call& call) {
  return list_named(call, "keypairs", tenant.keypairs, [&](const Keypair& each) {
    return show_keypair(tenant, each);
  });
}

ApiAnswer create_keypair(Tenant& tenant, const Call& call) {
  for (const char* key : {"name", "environment_name"}) {
    if (auto refusal = check_text(call.body, key, kNameLimit)) return *refusal;
  }
  if (auto refusal = check_text(call.body, "public_key", kKeyLimit)) return *refusal;
  const std::string name = *call.body.string("name");
  const std::string environment = *call.body.string("environment_name");
  const std::string public_key = *call.body.string("public_key");
  const std::string type = public_key.substr(0, public_key.find(' '));
  if (type == public_key || std::find(kKeyTypes.begin(), kKeyTypes.end(), type) == kKeyTypes.end())
    return bad_request("public_key: is no key of a known type");
  if (tenant.find_environment(environment) == nullptr) return missing("Environment " + environment);
  if (tenant.find_keypair(environment, name) != nullptr) return already_there("Keypair " + name);
  const Keypair& made = tenant.add_keypair(environment, name, public_key);
  return json_answer(
      200, success("Keypair imported successfully").set("keypair", show_keypair(tenant, made)));
}

ApiAnswer delete_keypair(Tenant& tenant, const Call& call) {
  const auto erased = std::erase_if(
      tenant.keypairs, [&](const Keypair& each) { return std::to_string(each.id) == call.id; });
  if (erased == 0) return missing("Keypair " + call.id);
  return json_answer(200, success("Keypair deleted successfully"));
}

}  // namespace

const Routes& environment_routes() {
  static const Routes routes{
      {"GET", "/core/environments", list_environments},
      {"POST", "/core/environments", create_environment},
      {"GET", "/core/environments/name-availability/*", is_environment_free},
      {"GET", "/core/environments/*", get_environment},
      {"DELETE", "/core/environments/*", delete_environment},
      {"GET", "/core/environments/*/vm-quota", get_quota},
      {"GET", "/core/keypairs", list_keypairs},
      {"POST", "/core/keypairs", create_keypair},
      {"DELETE", "/core/keypair/*", delete_keypair},
  };
  return routes;
}

}  // namespace spillway::hyperstack_api
