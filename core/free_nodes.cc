// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/free_nodes.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "core/local_nodes.h"
#include "lib/text.h"

namespace spillway {
namespace {

bool is_usable(const Node& node) {
  return node.base == NodeBase::kIdle && !node.powering_up && !node.powering_down &&
         !node.power_down_asked && !node.draining && !node.reserved && !node.maintenance &&
         !node.completing && !node.invalid;
}

// What stands on each node: the offer of a machine that works, or nothing for one that is on its
// way in or out.
using Standing = std::unordered_map<std::string, std::optional<OfferId>>;

Standing find_standing(const Books& books) {
  Standing standing;
  for (const auto& [id, machine] : books.machines) {
    if (!facts_of(machine.state).holds_node || machine.node.empty()) continue;
    std::optional<OfferId> offer;
    const auto lease = books.leases.find(machine.lease);
    const bool works = machine.state == MachineState::kReady && !machine.unwanted;
    if (works && lease != books.leases.end()) offer = lease->second.offer;
    const auto [known, is_first] = standing.emplace(machine.node, offer);
    if (!is_first) known->second.reset();  // a successor waits for another one's end
  }
  for (const auto& [node, reason] : books.send_back)
    standing[node].reset();
  return standing;
}

bool has_all_features(const std::string& features, const Need& need) {
  return std::all_of(need.features.begin(), need.features.end(), [&](const auto& feature) {
    return has_feature(features, feature);
  });
}

bool leaves_out(const Need& need, const Node& node) {
  const auto& excluded = need.excluded_nodes;
  return std::find(excluded.begin(), excluded.end(), node.name) != excluded.end();
}

bool may_have(const Need& need, const Node& node) {
  return !leaves_out(need, node) && misfit(need, node).empty();
}

bool names(const Need& need, const FreeNode& free) {
  const auto& required = need.required_nodes;
  return std::find(required.begin(), required.end(), free.node->name) != required.end();
}

// What Slurm knows of a node that a job may ask for.
auto kind_of(const Node& node) {
  return std::tie(node.features, node.cpus, node.memory_mib);
}

}  // namespace

std::string misfit(const Need& need, const Node& node) {
  const auto over = [](const char* what, std::int64_t asked, std::int64_t has) {
    return "needs " + std::to_string(asked) + " " + what + " a node, Slurm knows of " +
           std::to_string(has);
  };
  // slurm.conf says 1 of what it does not say.
  if (node.memory_mib > 1 && need.memory_per_node_mib > static_cast<std::int64_t>(node.memory_mib))
    return over("MiB", need.memory_per_node_mib, static_cast<std::int64_t>(node.memory_mib));
  if (node.cpus > 1 && need.cpus_per_node > static_cast<std::int64_t>(node.cpus))
    return over("CPUs", need.cpus_per_node, node.cpus);
  if (!has_all_features(node.features, need)) {
    return "no node has " + join(need.features, " and ");
  }
  return "";
}

FreeNodes::FreeNodes(const Config& config, const Books& books, const SlurmView& slurm)
    : config_(config), pools_(config.pools.size()) {
  std::unordered_set<std::string> taken;
  for (const auto& [job, permission] : books.permissions)
    taken.insert(permission.nodes.begin(), permission.nodes.end());
  const auto standing = find_standing(books);
  for (std::size_t i = 0; i < config.pools.size(); ++i) {
    auto& kinds = pools_[i].kinds;
    for (const auto& name : config.pools[i].nodes) {
      const auto node = slurm.nodes.find(name);
      if (node == slurm.nodes.end()) continue;
      const bool is_known = std::any_of(kinds.begin(), kinds.end(), [&](const Node* kind) {
        return kind_of(*kind) == kind_of(node->second);
      });
      if (!is_known) kinds.push_back(&node->second);
      if (taken.contains(name) || !is_usable(node->second)) continue;
      const auto machine = standing.find(name);
      const bool is_cold = machine == standing.end() && node->second.powered_down;
      const bool is_warm =
          machine != standing.end() && machine->second && !node->second.powered_down;
      if (is_cold) pools_[i].nodes.push_back({&node->second, std::nullopt});
      if (is_warm) pools_[i].nodes.push_back({&node->second, machine->second});
    }
    std::stable_partition(pools_[i].nodes.begin(), pools_[i].nodes.end(), [](const auto& free) {
      return free.is_warm();
    });
  }
  for (const auto& [name, partition] : slurm.partitions) {
    if (!partition.up) continue;
    auto& members = members_[name];
    for (const auto& node : partition.nodes) {
      const auto pool = config.pool_of_node.find(node);
      if (pool == config.pool_of_node.end()) continue;
      members.insert(members.end(), node);
      ++pools_[pool->second].partitions[name];
    }
  }
}

const FreeNodes::PoolNodes& FreeNodes::of(const Pool& pool) const {
  return pools_[static_cast<std::size_t>(&pool - config_.pools.data())];
}

std::string FreeNodes::misfit(const Pool& pool,
                              const Need& need,
                              const std::string& partition) const {
  const auto& own = of(pool);
  const auto members = own.partitions.find(partition);
  if (members == own.partitions.end()) return "not in partition " + partition;
  std::string why;
  const bool any = std::any_of(own.kinds.begin(), own.kinds.end(), [&](const Node* kind) {
    why = spillway::misfit(need, *kind);
    return why.empty();
  });
  if (!any) return why.empty() ? "Slurm does not know its nodes" : why;
  for (const auto& name : need.required_nodes) {
    if (config_.find_pool_of(name) != &pool) return "does not have node " + name;
  }
  const auto& excluded = need.excluded_nodes;
  const auto& all = members_.at(partition);
  const auto left_out = std::count_if(excluded.begin(), excluded.end(), [&](const auto& name) {
    return config_.find_pool_of(name) == &pool && all.contains(name);
  });
  const auto nodes = std::max(0, members->second - static_cast<int>(left_out));
  if (nodes >= need.nodes) return "";
  return "needs " + std::to_string(need.nodes) + " nodes, has " + std::to_string(nodes);
}

std::vector<FreeNode> FreeNodes::find(const Pool& pool,
                                      const Need& need,
                                      const std::string& partition,
                                      std::size_t at_most,
                                      const std::optional<OfferId>& fabric) const {
  const auto& own = of(pool);
  std::vector<FreeNode> found;
  if (!own.partitions.contains(partition)) return found;
  const auto& members = members_.at(partition);
  const auto take_if = [&](const auto& wanted) {
    for (const auto& free : own.nodes) {
      if (found.size() == at_most) return;
      if (fabric && free.is_warm() && *free.machine != *fabric) continue;
      if (wanted(free) && may_have(need, *free.node) && members.contains(free.node->name)) {
        found.push_back(free);
      }
    }
  };
  if (!need.required_nodes.empty()) {
    take_if([&](const FreeNode& free) { return names(need, free); });
    if (found.size() < std::min(at_most, need.required_nodes.size())) return {};
  }
  take_if([&](const FreeNode& free) { return !names(need, free); });
  return found;
}

std::set<OfferId> FreeNodes::warm_offers(const Pool& pool) const {
  std::set<OfferId> offers;
  for (const auto& free : of(pool).nodes) {
    if (!free.is_warm()) break;
    offers.insert(*free.machine);
  }
  return offers;
}

void FreeNodes::take(const Pool& pool, const std::vector<std::string>& nodes) {
  const std::unordered_set<std::string> taken(nodes.begin(), nodes.end());
  auto& own = pools_[static_cast<std::size_t>(&pool - config_.pools.data())].nodes;
  own.erase(std::remove_if(own.begin(),
                           own.end(),
                           [&](const auto& free) { return taken.contains(free.node->name); }),
            own.end());
}

}  // namespace spillway
