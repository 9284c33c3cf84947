// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/show.h"

#include <array>

#include "sim/http/hyperstack/flavors.h"

namespace spillway::hyperstack_api {
namespace {

struct VmStates {
  const char* status;
  const char* power_state;
  const char* vm_state;
};

// null where no line says otherwise. A machine that is being deleted still shows itself running.
constexpr std::array<VmStates, 9> kVmStates{{
    {"ACTIVE", "RUNNING", "active"},
    {"STOPPING", "RUNNING", "active"},
    {"HARD_REBOOT", "RUNNING", "active"},
    {"HIBERNATING", "RUNNING", "active"},
    {"DELETING", "RUNNING", "active"},
    {"STARTING", "SHUTDOWN", "stopped"},
    {"SHUTOFF", "SHUTDOWN", "stopped"},
    {"HIBERNATED", "SHUTDOWN", "shelved_offloaded"},
    {"RESTORING", "SHUTDOWN", "shelved_offloaded"},
}};

void show_states(const std::string& status, Json& instance) {
  Json power = Json::null();
  Json state = Json::null();
  for (const VmStates& each : kVmStates) {
    if (status != each.status) continue;
    power = Json::of(each.power_state);
    state = Json::of(each.vm_state);
  }
  instance.set("status", status).set("power_state", power).set("vm_state", state);
}

Json show_rule(std::int64_t id, const Json& rule, const std::string& created_at) {
  Json shown = Json::object().set("id", id);
  for (const char* key : {"direction", "protocol", "ethertype", "remote_ip_prefix"})
    shown.set(key, rule.get(key));
  for (const char* key : {"port_range_min", "port_range_max"}) {
    if (!rule.get(key).is_absent()) shown.set(key, rule.get(key));
  }
  return shown.set("status", "SUCCESS").set("created_at", created_at);
}

// Those that every machine has, and those of its order; none as long as it is being made.
Json show_rules(const Vm& vm, const SimMachine& machine) {
  Json shown = Json::array();
  if (machine.status == SimStatus::kBooting) return shown;
  Json rules = Json::array();
  for (const char* version : {"IPv4", "IPv6"})
    rules.append(
        Json::object()
            .set("direction", "egress")
            .set("protocol", "any")
            .set("ethertype", version)
            .set("remote_ip_prefix", version == std::string("IPv4") ? "0.0.0.0/0" : "::/0"));
  const Json own = vm.request.get("security_rules");
  for (std::size_t i = 0; i < own.size(); ++i)
    rules.append(own.at(i));
  for (std::size_t i = 0; i < rules.size(); ++i)
    shown.append(
        show_rule(static_cast<std::int64_t>(i) + 1, rules.at(i), format_time(machine.ordered_at)));
  return shown;
}

Json show_environment_of(const Tenant& tenant, const Vm& vm) {
  const Environment* environment = tenant.find_environment(vm.environment);
  if (environment == nullptr) return Json::null();
  return Json::object()
      .set("id", environment->id)
      .set("name", environment->name)
      .set("org_id", kOrganisation)
      .set("region", environment->region)
      .set("features", network_features(environment->region));
}

void show_addresses(const Tenant& tenant, const SimMachine& machine, Json& instance) {
  const Vm& vm = tenant.vms.at(machine.id);
  const TimePoint now = tenant.now();
  const std::string ip_status = ip_status_of(vm, machine, now);
  const bool is_randomized = vm.request.boolean("enable_port_randomization").value_or(true);
  const char* randomization = is_randomized ? "ENABLED" : "DISABLED";
  const bool has_fixed_ip = machine.address_from <= now;
  instance.set("fixed_ip", has_fixed_ip ? Json::of(machine.private_address) : Json::null())
      .set("floating_ip", floating_ip_of(vm, machine, now))
      .set("floating_ip_status", ip_status)
      .set("port_randomization", is_randomized)
      .set("port_randomization_status", ip_status == "ATTACHED" ? randomization : "NO_FLOATING_IP")
      .set("requires_public_ip", vm.ip.wish == FloatingIp::Wish::kAttached);
}

}  // namespace

std::string decimal(Money money) {
  const std::string sign = money.micros() < 0 ? "-" : "";
  const std::int64_t micros = money.micros() < 0 ? -money.micros() : money.micros();
  std::string fraction = std::to_string(1'000'000 + micros % 1'000'000).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return sign + std::to_string(micros / 1'000'000) + (fraction.empty() ? "" : "." + fraction);
}

Json number(Money money) {
  const auto json = Json::parse(decimal(money), "number");
  return json ? *json : Json::null();
}

Json network_features(const std::string& region) {
  const bool is_green = region.rfind("NORWAY", 0) == 0 || region.rfind("CANADA", 0) == 0;
  return Json::object()
      .set("network_optimised", true)
      .set("green_status", is_green ? "GREEN" : "NOT_GREEN");
}

Json show_environment(const Environment& environment) {
  return Json::object()
      .set("id", environment.id)
      .set("name", environment.name)
      .set("region", environment.region)
      .set("created_at", format_time(environment.created_at))
      .set("features", network_features(environment.region));
}

Json show_keypair(const Tenant& tenant, const Keypair& keypair) {
  const Environment* environment = tenant.find_environment(keypair.environment);
  return Json::object()
      .set("id", keypair.id)
      .set("name", keypair.name)
      .set("environment", environment == nullptr ? Json::null() : show_environment(*environment))
      .set("fingerprint", sha256_hex(keypair.public_key).substr(0, 32))
      .set("public_key", keypair.public_key)
      .set("created_at", format_time(keypair.created_at));
}

Json show_vm(const Tenant& tenant, const SimMachine& machine) {
  const Vm& vm = tenant.vms.at(machine.id);
  const std::string image = vm.request.string("image_name").value_or("");
  const std::string& region = machine.order.region;
  const Json callback = vm.request.get("callback_url");
  Json instance = Json::object().set("id", number_of(machine)).set("name", machine.order.name);
  show_states(status_of(vm, machine, tenant.now()), instance);
  instance.set("environment", show_environment_of(tenant, vm))
      .set("image", Json::object().set("name", image))
      .set("flavor", show_flavor(tenant.cloud, *tenant.cloud.find_type(machine.order.type), region))
      .set("os", image)
      .set("keypair", Json::object().set("name", vm.request.get("key_name")))
      .set("volume_attachments", Json::array())
      .set("security_rules", show_rules(vm, machine))
      .set("callback_url", callback.is_absent() ? Json::null() : callback)
      .set("locked", false)
      .set("contract_id", Json::null())
      .set("labels", vm.labels)
      .set("created_at", format_time(machine.ordered_at))
      .set("features", network_features(region))
      .set("is_snapshotting", false)
      .set("cluster_id", Json::null());
  show_addresses(tenant, machine, instance);
  return instance;
}

}  // namespace spillway::hyperstack_api
