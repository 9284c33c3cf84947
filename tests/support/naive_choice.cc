// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/naive_choice.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::seconds;

struct Gpus {
  std::string model;
  int count = 0;
};

// "gres/gpu:8", "gres/gpu:h100:8".
Gpus gpus_of(const std::string& tres) {
  if (tres.empty()) return {};
  const auto parts = split(tres, ':');
  return {parts.size() == 3 ? std::string(parts[1]) : "", std::stoi(std::string(parts.back()))};
}

int divide_up(int value, int parts) {
  return (value + parts - 1) / parts;
}

bool fits(const Job& job, const Shape& shape, const Config& config) {
  const int nodes = naive_nodes(job, shape);
  const auto per_node = gpus_of(job.tres_per_node);
  const auto in_all = gpus_of(job.tres_per_job);
  const auto& model = per_node.model.empty() ? in_all.model : per_node.model;
  return (model.empty() || model == shape.gpu) && per_node.count <= shape.gpus &&
         divide_up(in_all.count, nodes) <= shape.gpus &&
         divide_up(static_cast<int>(job.cpus_min), nodes) <= shape.cpus &&
         (shape.infiniband || !naive_needs_infiniband(config, job, shape));
}

bool stands_behind(const Offer& offer, const Pool& pool) {
  const bool is_named =
      std::any_of(pool.offers.begin(), pool.offers.end(), [&](const auto& filter) {
        return filter.provider == offer.id.provider;
      });
  const auto& shape = pool.shape;
  return is_named && offer.gpu == shape.gpu && offer.gpus >= shape.gpus &&
         offer.cpus >= shape.cpus && offer.memory_mib >= shape.memory_mib &&
         (offer.infiniband || !shape.infiniband);
}

bool may_be_ordered(const SmallWorld& world, const Offer& offer) {
  if (!offer.price_per_hour) return false;
  if (const auto& cap = world.config.policy.max_price_per_gpu_hour) {
    if (offer.price_source == PriceSource::kCatalog) return false;
    if (*offer.price_per_hour > *cap * offer.gpus) return false;
  }
  const auto cooldown = world.books.cooldowns.find(offer.id);
  return cooldown == world.books.cooldowns.end() || cooldown->second.until <= world.now;
}

bool is_within_caps(const SmallWorld& world, const Offer& offer, int machines) {
  int committed = machines;
  int there = machines;
  const auto more = *offer.price_per_hour * machines;
  auto per_hour = more;
  auto this_month = world.spent_this_month + more;
  for (const auto& [id, machine] : world.books.machines) {
    const auto& lease = world.books.leases.at(machine.lease);
    ++committed;
    if (lease.offer.provider == offer.id.provider) ++there;
    per_hour += lease.price_per_hour;
    this_month += machine.billed_from
                      ? cost_of(lease.price_per_hour,
                                std::chrono::ceil<seconds>(world.now - *machine.billed_from))
                      : lease.price_per_hour;
  }
  const auto& limits = world.config.policy.limits;
  const auto& own = world.config.find_provider(offer.id.provider)->max_machines;
  return committed <= limits.machines.value_or(committed) && there <= own.value_or(there) &&
         per_hour <= limits.spend_per_hour.value_or(per_hour) &&
         this_month <= limits.spend_per_month.value_or(this_month);
}

Money score_of(const SmallWorld& world, const Job& job, const Offer& offer, int machines) {
  auto time = offer.boot_time + seconds(*job.time_limit);
  while (time % offer.billing.quantum != seconds(0))
    time += seconds(1);
  const auto cost =
      cost_of(*offer.price_per_hour, std::max(time, offer.billing.minimum)) * machines;
  const auto& performance = world.config.policy.performance;
  const auto factor = performance.find(offer.gpu);
  return factor == performance.end() ? cost : divide(cost * 1'000, factor->second);
}

// Nodes of the pool for the job: with which machine each, nullopt for none.
std::map<std::string, std::optional<OfferId>> free_nodes(const SmallWorld& world,
                                                         const Job& job,
                                                         const Pool& pool) {
  std::map<std::string, std::optional<OfferId>> free;
  const auto& members = world.slurm.partitions.at(job.partitions.front()).nodes;
  for (const auto& name : pool.nodes) {
    const auto& node = world.slurm.nodes.at(name);
    if (node.draining || node.base != NodeBase::kIdle || name == job.excluded_nodes) continue;
    if (std::find(members.begin(), members.end(), name) == members.end()) continue;
    const auto* machine = world.machine_on(name);
    free[name] = machine == nullptr ? std::nullopt
                                    : std::optional(world.books.leases.at(machine->lease).offer);
  }
  return free;
}

// How many machines are missing for so many of the nodes; nothing when there are too few nodes.
std::optional<int> count_missing(const std::map<std::string, std::optional<OfferId>>& free,
                                 const Job& job,
                                 int nodes) {
  if (nodes > static_cast<int>(free.size())) return std::nullopt;
  int named_cold = 0;
  int warm = 0;
  if (!job.required_nodes.empty()) {
    const auto named = free.find(job.required_nodes);
    if (named == free.end()) return std::nullopt;
    named_cold = named->second ? 0 : 1;
  }
  for (const auto& [name, machine] : free)
    warm += machine ? 1 : 0;
  return named_cold + std::max(0, nodes - named_cold - warm);
}

class Chooser {
 public:
  Chooser(const SmallWorld& world, const Job& job) : world_(world), job_(job) {}

  void try_pool(const Pool& pool) {
    const int nodes = naive_nodes(job_, pool.shape);
    const auto free = free_nodes(world_, job_, pool);
    const bool one_fabric = nodes > 1 && naive_needs_infiniband(world_.config, job_, pool.shape);
    if (!one_fabric) return try_nodes(pool, free, nodes, std::nullopt, false);
    std::map<OfferId, bool> fabrics{{OfferId{}, true}};
    for (const auto& [name, machine] : free) {
      if (machine) fabrics[*machine] = true;
    }
    for (const auto& [fabric, unused] : fabrics) {
      auto on_fabric = free;
      std::erase_if(on_fabric,
                    [&](const auto& node) { return node.second && node.second != fabric; });
      const bool is_any = fabric.provider.empty();
      try_nodes(pool, on_fabric, nodes, is_any ? std::nullopt : std::optional(fabric), true);
    }
  }

  [[nodiscard]] const std::optional<NaiveChoice>& best() const { return best_; }

 private:
  void try_nodes(const Pool& pool,
                 const std::map<std::string, std::optional<OfferId>>& free,
                 int nodes,
                 const std::optional<OfferId>& fabric,
                 bool ties_are_equal) {
    const auto machines = count_missing(free, job_, nodes);
    if (!machines) return;
    if (*machines == 0) return consider({Money{}, 0, pool.name, {}}, ties_are_equal);
    using Rank = std::tuple<Money, int, seconds, OfferId>;
    std::optional<Rank> first;
    for (const auto& [name, view] : world_.providers) {
      for (const auto& offer : view.offers) {
        if (fabric && offer.id != *fabric) continue;
        if (!stands_behind(offer, pool) || !may_be_ordered(world_, offer)) continue;
        if (offer.stock.value_or(*machines) < *machines) continue;
        if (!is_within_caps(world_, offer, *machines)) continue;
        const auto cooldown = world_.books.cooldowns.find(offer.id);
        const int troubles = cooldown == world_.books.cooldowns.end()
                                 ? 0
                                 : cooldown->second.refusals + cooldown->second.failures;
        const Rank rank{
            score_of(world_, job_, offer, *machines), troubles, offer.boot_time, offer.id};
        if (!first || rank < *first) first = rank;
      }
    }
    if (!first) return;
    consider({std::get<Money>(*first), *machines, pool.name, {std::get<OfferId>(*first)}},
             ties_are_equal);
  }

  void consider(const NaiveChoice& choice, bool ties_are_equal) {
    const auto rank = [](const NaiveChoice& c) { return std::tie(c.score, c.machines); };
    if (!best_ || rank(choice) < rank(*best_)) {
      best_ = choice;
    } else if (ties_are_equal && rank(choice) == rank(*best_) && choice.pool == best_->pool) {
      best_->offers.insert(best_->offers.end(), choice.offers.begin(), choice.offers.end());
    }
  }

  const SmallWorld& world_;
  const Job& job_;
  std::optional<NaiveChoice> best_;
};

}  // namespace

int naive_nodes(const Job& job, const Shape& shape) {
  int nodes = static_cast<int>(job.nodes_min);
  if (job.nodes_max != 0) return nodes;
  nodes = std::max(nodes, divide_up(gpus_of(job.tres_per_job).count, shape.gpus));
  return std::max(nodes, divide_up(static_cast<int>(job.cpus_min), shape.cpus));
}

bool naive_needs_infiniband(const Config& config, const Job& job, const Shape& shape) {
  const auto& from = config.policy.partitions.at(job.partitions.front()).infiniband_from_nodes;
  const int nodes = std::max(naive_nodes(job, shape), static_cast<int>(job.nodes_max));
  return job.features == "ib" || (from && nodes >= *from);
}

std::optional<int> naive_stock_behind(const SmallWorld& world, const Pool& pool) {
  int stock = 0;
  for (const auto& [name, view] : world.providers) {
    for (const auto& offer : view.offers) {
      if (!stands_behind(offer, pool) || !may_be_ordered(world, offer)) continue;
      if (!offer.stock) return std::nullopt;
      stock += *offer.stock;
    }
  }
  return stock;
}

std::optional<NaiveChoice> find_naive_choice(const SmallWorld& world, const Job& job) {
  Chooser chooser(world, job);
  for (const auto& pool : world.config.pools) {
    if (fits(job, pool.shape, world.config)) chooser.try_pool(pool);
  }
  return chooser.best();
}

bool is_same_choice(const NaiveChoice& choice, const Verdict& verdict) {
  const auto& plan = *verdict.plan;
  if (plan.pool != choice.pool || plan.machines != choice.machines) return false;
  if (choice.machines == 0) return true;
  return std::find(choice.offers.begin(), choice.offers.end(), plan.offer) != choice.offers.end();
}

std::string tell_choice(const NaiveChoice& choice) {
  std::string text = choice.pool + ", " + std::to_string(choice.machines) + " machines, score " +
                     format_money(choice.score);
  for (const auto& offer : choice.offers)
    text += ", " + format_offer_id(offer);
  return text;
}

}  // namespace spillway
