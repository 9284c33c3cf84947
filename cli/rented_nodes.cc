// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/rented_nodes.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "cli/table.h"
#include "core/billing.h"
#include "core/hostlist.h"

namespace spillway {
namespace {

std::vector<std::string> nodes_of(const JobNow* job) {
  if (job == nullptr) return {};
  auto nodes = parse_hostlist(job->nodes);
  return nodes ? *std::move(nodes) : std::vector<std::string>();
}

std::vector<RentedNodes> by_pool(const std::vector<std::string>& nodes, const Config& config) {
  std::map<std::string, RentedNodes> pools;
  for (const auto& node : nodes) {
    const auto* pool = config.find_pool_of(node);
    if (pool == nullptr) continue;
    pools[pool->name].pool = pool->name;
    pools[pool->name].nodes.push_back(node);
  }
  std::vector<RentedNodes> rented;
  rented.reserve(pools.size());
  for (auto& [name, part] : pools)
    rented.push_back(std::move(part));
  return rented;
}

void add(RentedNodes& rented, const Machine& machine, const Lease& lease, TimePoint now) {
  rented.pool = lease.pool;
  rented.nodes.push_back(machine.node);
  if (!rented.machines) {
    rented.machines =
        RentedMachines{lease.id, lease.offer, machine.state, machine.state_since, Money(), Money()};
  }
  auto& machines = *rented.machines;
  machines.state_since = std::min(machines.state_since, machine.state_since);
  machines.per_hour += lease.price_per_hour;
  if (!machine.billed_from) return;
  machines.so_far += machine_cost(
      *machine.billed_from, machine.billed_to.value_or(now), lease.price_per_hour, lease.billing);
}

}  // namespace

std::vector<RentedNodes> find_rented_nodes(
    std::uint32_t id, const JobNow* job, const Config& config, const Books* books, TimePoint now) {
  const auto nodes = nodes_of(job);
  if (books == nullptr) return by_pool(nodes, config);
  const std::set<std::string> names(nodes.begin(), nodes.end());
  std::map<std::pair<std::int64_t, MachineState>, RentedNodes> groups;
  for (const auto& [number, machine] : books->machines) {
    const auto lease = books->leases.find(machine.lease);
    if (lease == books->leases.end() || !facts_of(machine.state).holds_node) continue;
    // A node that an earlier job had rented serves this one, too.
    const bool is_its = names.empty() ? lease->second.job == id : names.contains(machine.node);
    if (is_its) add(groups[{machine.lease, machine.state}], machine, lease->second, now);
  }
  if (groups.empty()) return by_pool(nodes, config);
  std::vector<RentedNodes> rented;
  rented.reserve(groups.size());
  for (auto& [key, group] : groups)
    rented.push_back(std::move(group));
  return rented;
}

std::string rented_words(const RentedNodes& rented, TimePoint now) {
  const auto where = format_hostlist(rented.nodes) + " of pool " + rented.pool;
  if (!rented.machines) return where;
  const auto& machines = *rented.machines;
  const auto count = static_cast<std::int64_t>(rented.nodes.size());
  const auto at = machines.offer.provider.empty() ? "" : " at " + format_offer_id(machines.offer);
  return where + ": " + counted(count, "machine") + at + ", " + facts_of(machines.state).name +
         " since " + format_age(machines.state_since, now) + ", " + grouped(machines.per_hour) +
         " $/h, " + grouped(machines.so_far) + " $ so far";
}

Json rented_json(const RentedNodes& rented) {
  Json json = Json::object();
  json.set("pool", rented.pool).set("nodes", format_hostlist(rented.nodes));
  if (!rented.machines) return json.set("machines", Json::null());
  const auto& known = *rented.machines;
  Json machines = Json::object();
  machines.set("lease", known.lease).set("provider", known.offer.provider);
  machines.set("region", known.offer.region).set("type", known.offer.type);
  machines.set("fabric", known.offer.fabric).set("state", facts_of(known.state).name);
  machines.set("since", format_time(known.state_since));
  machines.set("price_microusd_per_hour", known.per_hour.micros());
  machines.set("cost_so_far_microusd", known.so_far.micros());
  return json.set("machines", machines);
}

}  // namespace spillway
