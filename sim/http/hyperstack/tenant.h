// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the account has at Hyperstack, beside the machines in the model.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/cloud.h"
#include "sim/http/hyperstack/account.h"
#include "sim/http/hyperstack/vm.h"
#include "sim/random.h"

namespace spillway::hyperstack_api {

struct Environment {
  std::int64_t id = 0;
  std::string name;  // one of its kind in all regions
  std::string region;
  TimePoint created_at;
};

struct Keypair {
  std::int64_t id = 0;
  std::string name;
  std::string environment;
  std::string public_key;
  TimePoint created_at;
};

struct Tenant {
  // `model` and `time` must outlive it.
  Tenant(const CloudScenario& account, HyperstackSettings with, SimCloud& model, const Clock& time);

  [[nodiscard]] TimePoint now() const { return clock.now(); }
  [[nodiscard]] const Environment* find_environment(const std::string& name) const;
  [[nodiscard]] const Environment* find_environment_by_id(const std::string& id) const;
  [[nodiscard]] const Keypair* find_keypair(const std::string& environment,
                                            const std::string& name) const;
  const Environment& add_environment(const std::string& name, const std::string& region);
  const Keypair& add_keypair(const std::string& environment,
                             const std::string& name,
                             const std::string& public_key);
  // Machines of the environment that are not gone.
  [[nodiscard]] int machines_in(const std::string& environment);
  // What all that is not on its way out costs in an hour, and the prepaid money that is left.
  [[nodiscard]] Money cost_per_hour();
  [[nodiscard]] Money credit();

  HyperstackSettings settings;
  SimCloud& cloud;
  const Clock& clock;
  SimRandom random;
  std::vector<Environment> environments;
  std::vector<Keypair> keypairs;
  std::map<std::string, Vm> vms;  // by the model's id, gone ones too
  std::int64_t ids_given = 0;     // of environments and keypairs
};

}  // namespace spillway::hyperstack_api
