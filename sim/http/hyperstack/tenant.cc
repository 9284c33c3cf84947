// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/tenant.h"

#include <algorithm>
#include <utility>

namespace spillway::hyperstack_api {
namespace {

template <typename List, typename Matches>
auto* find_if(List& list, const Matches& matches) {
  const auto found = std::find_if(list.begin(), list.end(), matches);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

Tenant::Tenant(const CloudScenario& account,
               HyperstackSettings with,
               SimCloud& model,
               const Clock& time)
    : settings(std::move(with)), cloud(model), clock(time), random(account.cloud.seed) {
  for (const SimEnvironment& environment : settings.environments) {
    add_environment(environment.name, environment.region);
    for (const std::string& name : account.ssh_keys)
      add_keypair(environment.name, name, "ssh-ed25519 AAAA " + name);
  }
}

const Environment* Tenant::find_environment(const std::string& name) const {
  return find_if(environments, [&](const Environment& each) { return each.name == name; });
}

const Environment* Tenant::find_environment_by_id(const std::string& id) const {
  return find_if(environments,
                 [&](const Environment& each) { return std::to_string(each.id) == id; });
}

const Keypair* Tenant::find_keypair(const std::string& environment, const std::string& name) const {
  return find_if(keypairs, [&](const Keypair& each) {
    return each.environment == environment && each.name == name;
  });
}

const Environment& Tenant::add_environment(const std::string& name, const std::string& region) {
  environments.push_back({++ids_given, name, region, now()});
  return environments.back();
}

const Keypair& Tenant::add_keypair(const std::string& environment,
                                   const std::string& name,
                                   const std::string& public_key) {
  keypairs.push_back({++ids_given, name, environment, public_key, now()});
  return keypairs.back();
}

int Tenant::machines_in(const std::string& environment) {
  cloud.advance();
  return static_cast<int>(
      std::count_if(cloud.all().begin(), cloud.all().end(), [&](const SimMachine& machine) {
        return machine.status != SimStatus::kGone && vms.at(machine.id).environment == environment;
      }));
}

Money Tenant::cost_per_hour() {
  cloud.advance();
  Money sum;
  for (const SimMachine& machine : cloud.all()) {
    const bool is_ending = machine.status == SimStatus::kTerminating ||
                           machine.status == SimStatus::kPreempted ||
                           machine.status == SimStatus::kGone;
    if (!is_ending) sum += machine.price_per_hour;
  }
  return sum;
}

Money Tenant::credit() {
  return settings.credit - invoice_total(cloud.invoice());
}

}  // namespace spillway::hyperstack_api
