// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/random_world.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/hostlist.h"

namespace spillway {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::vector<std::string> kProviders{"hyperstack", "lambda", "voltage-park"};
const std::vector<std::string> kGpus{"h100", "a100"};
const std::vector<int> kSizes{8, 8, 8, 4, 1};

Shape make_shape(Dice& dice) {
  Shape shape;
  shape.gpu = dice.one_of(kGpus);
  shape.gpus = dice.one_of(kSizes);
  shape.cpus = 12 * shape.gpus;
  shape.memory_mib = std::int64_t{100} * 1024 * shape.gpus;
  shape.infiniband = shape.gpus == 8 && dice.one_in(2);
  return shape;
}

Pool make_pool(Dice& dice, int number) {
  Pool pool;
  pool.name = "pool" + std::to_string(number);
  pool.nodes_expression = pool.name + "-[1-" + std::to_string(dice.from_to(2, 9)) + "]";
  pool.nodes = *parse_hostlist(pool.nodes_expression);
  pool.shape = make_shape(dice);
  for (const auto& provider : kProviders) {
    if (!dice.one_in(4)) pool.offers.push_back({provider, "", "", ""});
  }
  return pool;
}

BurstRule make_rule(Dice& dice) {
  BurstRule rule;
  if (dice.one_in(6)) {
    rule.burst = Burst::kAtOnce;
  } else {
    if (!dice.one_in(4)) rule.after = minutes(10);
    if (dice.one_in(3) || !rule.after) rule.when_pending_gpus = dice.from_to(1, 40);
  }
  return rule;
}

void add_policy(Config& config, Dice& dice) {
  auto& policy = config.policy;
  for (const auto* name : {"gpu", "big"}) {
    auto& partition = policy.partitions[name];
    partition.rule = make_rule(dice);
    if (dice.one_in(3)) partition.infiniband_from_nodes = dice.from_to(2, 4);
  }
  if (dice.one_in(3)) policy.limits.machines = dice.from_to(1, 20);
  if (dice.one_in(3)) policy.limits.spend_per_hour = Money::from_cents(dice.from_to(10, 400) * 100);
  if (dice.one_in(3)) policy.limits.spend_per_month = Money::from_cents(dice.from_to(1, 9) * 5000);
  if (dice.one_in(3)) policy.max_price_per_gpu_hour = Money::from_cents(dice.from_to(250, 450));
  if (dice.one_in(2)) policy.performance["a100"] = dice.from_to(200, 900);
  for (const auto& name : kProviders) {
    ProviderConfig provider;
    provider.name = name;
    if (dice.one_in(4)) provider.max_machines = dice.from_to(1, 8);
    config.providers.push_back(std::move(provider));
  }
}

void add_nodes(SmallWorld& world, Dice& dice) {
  auto& gpu = world.slurm.partitions["gpu"];
  auto& big = world.slurm.partitions["big"];
  gpu.name = "gpu";
  big.name = "big";
  for (const auto& pool : world.config.pools) {
    for (const auto& name : pool.nodes) {
      auto& node = world.slurm.nodes[name];
      node.name = node.address = node.hostname = name;
      node.base = NodeBase::kIdle;
      node.cloud = node.powered_down = true;
      node.draining = dice.one_in(12);
      gpu.nodes.push_back(name);
      if (dice.one_in(2)) big.nodes.push_back(name);
    }
  }
}

void add_local_nodes(SmallWorld& world, Dice& dice) {
  for (int number = dice.from_to(0, 6); number > 0; --number) {
    Node node;
    node.name = node.address = node.hostname = "local-" + std::to_string(number);
    node.base = NodeBase::kAllocated;
    node.gres = "gpu:h100:8";
    node.cpus = 128;
    node.memory_mib = std::uint64_t{1000} * 1024;
    world.slurm.nodes[node.name] = node;
    world.slurm.partitions["gpu"].nodes.push_back(node.name);
  }
}

// A machine of some offer that may stand behind the node's pool: idle, at work, or on its way.
void add_machine(SmallWorld& world, const Pool& pool, const std::string& name, Dice& dice) {
  std::vector<Offer> behind;
  for (const auto& filter : pool.offers) {
    for (const auto& offer : world.providers[filter.provider].offers) {
      const bool fits = offer.gpu == pool.shape.gpu && offer.gpus >= pool.shape.gpus;
      if (fits && offer.price_per_hour && (offer.infiniband || !pool.shape.infiniband)) {
        behind.push_back(offer);
      }
    }
  }
  if (behind.empty()) return;
  const auto& offer = dice.one_of(behind);
  Draft draft(world.books, world.now);
  Lease lease;
  lease.pool = pool.name;
  lease.offer = offer.id;
  lease.price_per_hour = *offer.price_per_hour;
  Machine machine;
  machine.lease = draft.add_lease(lease).id;
  machine.node = name;
  machine.state = MachineState::kReady;
  machine.ordered_at = world.now - minutes(20);
  if (dice.one_in(2)) machine.billed_from = world.now - minutes(10);
  draft.add_machine(machine);
  auto& node = world.node(name);
  node.powered_down = false;
  if (dice.one_in(3)) node.base = NodeBase::kAllocated;
}

SmallWorld make_empty_world() {
  SmallWorld world;
  world.config = Config{};
  world.config.cluster = "hpc1";
  world.slurm = SlurmView{};
  world.providers.clear();
  return world;
}

}  // namespace

Offer make_random_offer(const SmallWorld& world, Dice& dice) {
  Offer offer;
  const auto& shape = dice.one_of(world.config.pools).shape;  // most are of use to somebody
  offer.gpu = shape.gpu;
  offer.gpus = dice.one_in(6) ? 8 : shape.gpus;
  offer.infiniband = offer.gpus == 8 && (shape.infiniband || dice.one_in(4));
  offer.cpus = 26 * offer.gpus;
  offer.memory_mib = std::int64_t{200} * 1024 * offer.gpus;
  offer.id = {dice.one_of(kProviders),
              "region-" + std::to_string(dice.from_to(1, 1'000'000)),
              std::to_string(offer.gpus) + "x" + offer.gpu,
              offer.infiniband ? "infiniband" : "ethernet"};
  // Few prices, so that there are ties.
  if (!dice.one_in(10))
    offer.price_per_hour = Money::from_cents(dice.from_to(5, 8) * 50) * offer.gpus;
  if (dice.one_in(10)) offer.price_source = PriceSource::kCatalog;
  if (dice.one_in(2)) offer.stock = dice.from_to(0, 8);
  offer.boot_time = minutes(dice.from_to(1, 2) * 5);
  if (dice.one_in(4)) offer.billing.quantum = std::chrono::hours(1);
  if (dice.one_in(6)) offer.billing.minimum = std::chrono::hours(dice.from_to(1, 3));
  offer.seen_at = world.now - seconds(5);
  return offer;
}

Job& add_random_job(SmallWorld& world, Dice& dice, std::uint32_t id) {
  auto& job = world.add_pending_job(id, dice.from_to(1, 4), minutes(dice.from_to(0, 40)));
  job.priority = static_cast<std::uint32_t>(dice.from_to(1, 5));
  job.partitions = {dice.one_in(4) ? "big" : "gpu"};
  job.time_limit = minutes(dice.from_to(1, 40) * 15);
  job.cpus_min = job.nodes_min * static_cast<std::uint32_t>(dice.from_to(1, 8));
  job.nodes_max = job.nodes_min;
  const auto& shape = dice.one_of(world.config.pools).shape;
  const auto model = dice.one_in(6) ? dice.one_of(kGpus) + ":" : "";
  job.tres_per_node = "gres/gpu:" + model + std::to_string(dice.from_to(1, shape.gpus));
  if (shape.infiniband && dice.one_in(2)) job.features = "ib";
  if (dice.one_in(6)) {
    job.array_id = id;
    job.array_tasks = static_cast<std::uint32_t>(dice.from_to(2, 6));
  } else if (dice.one_in(6)) {
    job.nodes_max = job.nodes_min + static_cast<std::uint32_t>(dice.from_to(1, 4));
  } else if (dice.one_in(8)) {
    job.nodes_min = 1;
    job.nodes_max = 0;
    job.tres_per_node.clear();
    job.tres_per_job = "gres/gpu:" + std::to_string(dice.from_to(1, 24));
  }
  if (dice.one_in(6)) job.excluded_nodes = dice.one_of(world.config.pools).nodes.front();
  if (dice.one_in(12)) job.required_nodes = dice.one_of(world.config.pools).nodes.back();
  if (dice.one_in(8)) job.expected_start = world.now + minutes(dice.from_to(1, 60));
  if (dice.one_in(12)) job.state_reason = "Dependency";
  return job;
}

SmallWorld make_random_world(Dice& dice, int jobs) {
  static const SmallWorld nothing = make_empty_world();
  auto world = nothing;
  world.spent_this_month = Money::from_cents(dice.from_to(0, 1) * 20'000);
  add_policy(world.config, dice);
  const int pools = dice.from_to(1, 5);
  for (int number = 1; number <= pools; ++number) {
    auto pool = make_pool(dice, number);
    for (const auto& node : pool.nodes)
      world.config.pool_of_node[node] = world.config.pools.size();
    world.config.pools.push_back(std::move(pool));
  }
  add_nodes(world, dice);
  add_local_nodes(world, dice);
  for (const auto& name : kProviders)
    world.providers[name].offers_at = world.now;
  for (int offers = dice.from_to(1, 16); offers > 0; --offers) {
    auto offer = make_random_offer(world, dice);
    if (dice.one_in(4)) {
      const auto until = world.now + minutes(dice.from_to(-5, 5));
      world.books.cooldowns[offer.id] = {offer.id, dice.from_to(1, 3), until, "none left"};
    }
    world.providers.at(offer.id.provider).offers.push_back(std::move(offer));
  }
  for (const auto& pool : world.config.pools) {
    for (const auto& node : pool.nodes) {
      if (dice.one_in(5)) add_machine(world, pool, node, dice);
    }
  }
  for (int id = 1; id <= jobs; ++id)
    add_random_job(world, dice, static_cast<std::uint32_t>(id));
  return world;
}

}  // namespace spillway
