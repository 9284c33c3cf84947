// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/launch.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/http/hyperstack/catalog.h"
#include "sim/http/hyperstack/environments.h"
#include "sim/http/hyperstack/errors.h"
#include "sim/http/hyperstack/machines.h"
#include "sim/http/hyperstack/show.h"

namespace spillway::hyperstack_api {
namespace {

constexpr std::int64_t kMostMachines = 20;  // of one call
constexpr std::size_t kTextLimit = 255;     // no limit is documented for names of other things
constexpr std::size_t kUserDataLimit = 8U << 20U;
constexpr std::size_t kCallbackLimit = 250;

// Source: the specification of the Go SDK 1.52.3-alpha, Create_Security_Rule_Payload.
constexpr std::array<std::string_view, 26> kProtocols{
    "any",    "ah",         "dccp",      "egp",        "esp",        "gre",       "hopopt",
    "icmp",   "igmp",       "ip",        "ipip",       "ipv6-encap", "ipv6-frag", "ipv6-icmp",
    "icmpv6", "ipv6-nonxt", "ipv6-opts", "ipv6-route", "ospf",       "pgm",       "rsvp",
    "sctp",   "tcp",        "udp",       "udplite",    "vrrp"};

template <typename Words>
bool is_one_of(const Words& words, const std::string& text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

Refusal check_port(const Json& rule, const char* key) {
  const Json port = rule.get(key);
  if (port.is_absent()) return std::nullopt;
  const auto number = port.as_integer();
  if (number && *number >= 1 && *number <= 65'535) return std::nullopt;
  return bad_request(std::string("security_rules: ") + key + ": must be a port number");
}

Refusal check_rule(const Json& rule) {
  for (const char* key : {"direction", "protocol", "ethertype", "remote_ip_prefix"}) {
    if (!rule.string(key))
      return bad_request(std::string("security_rules: ") + key + ": a string is required");
  }
  constexpr std::array<std::string_view, 2> kDirections{"ingress", "egress"};
  constexpr std::array<std::string_view, 2> kVersions{"IPv4", "IPv6"};
  if (!is_one_of(kDirections, *rule.string("direction")))
    return bad_request("security_rules: direction: must be ingress or egress");
  if (!is_one_of(kVersions, *rule.string("ethertype")))
    return bad_request("security_rules: ethertype: must be IPv4 or IPv6");
  if (!is_one_of(kProtocols, *rule.string("protocol")))
    return bad_request("security_rules: protocol: is unknown");
  if (auto refusal = check_port(rule, "port_range_min")) return refusal;
  return check_port(rule, "port_range_max");
}

Refusal check_rules(const Json& body) {
  const Json rules = body.get("security_rules");
  if (rules.is_absent()) return std::nullopt;
  if (!rules.is_array()) return bad_request("security_rules: must be a list");
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (auto refusal = check_rule(rules.at(i))) return refusal;
  }
  return std::nullopt;
}

Refusal check_optional(const Json& body) {
  if (auto refusal = check_optional_text(body, "user_data", kUserDataLimit)) return refusal;
  if (auto refusal = check_optional_text(body, "callback_url", kCallbackLimit)) return refusal;
  for (const char* key : {"assign_floating_ip",
                          "enable_port_randomization",
                          "create_bootable_volume",
                          "enhanced_monitoring_enabled"}) {
    if (auto refusal = check_optional_bool(body, key)) return refusal;
  }
  if (!body.get("labels").is_absent()) {
    if (auto refusal = check_texts(body, "labels")) return refusal;
  }
  return check_rules(body);
}

Refusal check_form(const Json& body) {
  if (body.is_absent()) return bad_request("The request body must be a JSON object");
  if (auto refusal = check_text(body, "name", kNameLimit)) return refusal;
  for (const char* key : {"environment_name", "flavor_name", "key_name"}) {
    if (auto refusal = check_text(body, key, kTextLimit)) return refusal;
  }
  const auto count = body.integer("count");
  if (!count || *count < 1 || *count > kMostMachines)
    return bad_request("count: must be a whole number from 1 to 20");
  // A machine may boot from a volume instead; here there are none.
  const char* source = body.get("volume_name").is_absent() ? "image_name" : "volume_name";
  if (auto refusal = check_text(body, source, kTextLimit)) return refusal;
  if (auto refusal = check_optional_text(body, "image_name", kTextLimit)) return refusal;
  return check_optional(body);
}

// The names of things that must be there; the environment decides the region.
Refusal check_names(const Tenant& tenant, const Json& body) {
  const std::string environment = *body.string("environment_name");
  const Environment* found = tenant.find_environment(environment);
  if (found == nullptr) return missing("Environment " + environment);
  const std::string flavor = *body.string("flavor_name");
  const SimType* type = tenant.cloud.find_type(flavor);
  if (type == nullptr || !type->capacity.contains(found->region))
    return missing("Flavor " + flavor);
  if (const auto volume = body.string("volume_name")) return missing("Volume " + *volume);
  const std::string image = *body.string("image_name");
  if (!has_image(image)) return missing("Image " + image);
  const std::string key = *body.string("key_name");
  if (tenant.find_keypair(environment, key) == nullptr) return missing("Keypair " + key);
  return std::nullopt;
}

// What the account and its money allow.
Refusal check_account(Tenant& tenant, const Json& body, const SimOrder& order, int count) {
  const std::string environment = *body.string("environment_name");
  for (int i = 0; i < count && tenant.settings.unique_names; ++i) {
    const std::string name = name_of(order.name, i, count);
    if (is_name_taken(tenant, name)) return already_there("VM " + name);
  }
  if (tenant.machines_in(environment) + count > kMachinesPerEnvironment)
    return bad_request("Environment " + environment + " has no room for so many VMs");
  const Money hourly = tenant.cloud.find_type(order.type)->price_per_hour + order.surcharge;
  if (tenant.credit() < tenant.cost_per_hour() + hourly * count) return no_balance(400);
  return std::nullopt;
}

SimOrder order_of(const Tenant& tenant, const Json& body) {
  SimOrder order;
  order.type = *body.string("flavor_name");
  order.region = tenant.find_environment(*body.string("environment_name"))->region;
  order.name = *body.string("name");
  order.user_data = body.string("user_data").value_or("");
  if (body.boolean("assign_floating_ip").value_or(false))
    order.surcharge = tenant.settings.public_ip_per_hour;
  return order;
}

// The members that are shown again; the user-data is not among them.
Json remembered(const Json& body) {
  Json kept = Json::object();
  for (const char* key :
       {"image_name", "key_name", "callback_url", "enable_port_randomization", "security_rules"}) {
    if (!body.get(key).is_absent()) kept.set(key, body.get(key));
  }
  return kept;
}

void keep_vm(Tenant& tenant, const SimMachine& machine, const Json& body) {
  Vm vm;
  vm.environment = *body.string("environment_name");
  vm.request = remembered(body);
  if (!body.get("labels").is_absent()) vm.labels = body.get("labels");
  if (body.boolean("assign_floating_ip").value_or(false))
    vm.ip = {FloatingIp::Wish::kAttached,
             machine.up_at + tenant.random.within(tenant.settings.floating_ip)};
  vm.events.push_back({machine.ordered_at,
                       "Normal",
                       "InstanceCreationRequest",
                       "VM " + machine.order.name + " is requested."});
  tenant.vms[machine.id] = std::move(vm);
}

// How many of `count` machines are ordered: all, or in a cloud that is set so, those that fit.
int machines_to_order(const Tenant& tenant, const SimOrder& order, int count) {
  if (!tenant.settings.partial_orders || tenant.cloud.settings().overbooks) return count;
  const SimType& type = *tenant.cloud.find_type(order.type);
  return std::clamp(tenant.cloud.free_capacity(type, order.region), 1, count);
}

}  // namespace

std::string name_of(const std::string& name, int index, int count) {
  return count == 1 ? name : name + "-" + std::to_string(index);
}

ApiAnswer no_capacity(const Tenant& tenant) {
  return bad_request(tenant.settings.capacity_message);
}

ApiAnswer create_machines(Tenant& tenant, const Call& call) {
  if (auto refusal = check_form(call.body)) return *refusal;
  if (auto refusal = check_names(tenant, call.body)) return *refusal;
  const SimOrder order = order_of(tenant, call.body);
  const int count = static_cast<int>(*call.body.integer("count"));
  if (auto refusal = check_account(tenant, call.body, order, count)) return *refusal;
  const auto ids = tenant.cloud.order(order, machines_to_order(tenant, order, count));
  if (!ids && ids.error().code == ErrorCode::kNoCapacity) return no_capacity(tenant);
  if (!ids) return bad_request("Quota exceeded: no more VMs can be created");

  Json instances = Json::array();
  int index = 0;
  for (const std::string& id : *ids) {
    (void)tenant.cloud.rename(id, name_of(order.name, index++, count));
    const SimMachine& machine = *tenant.cloud.find(id);
    keep_vm(tenant, machine, call.body);
    instances.append(show_vm(tenant, machine));
  }
  return json_answer(200, success("VM is scheduled for creation.").set("instances", instances));
}

}  // namespace spillway::hyperstack_api
