// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/caps.h"
#include "core/hostlist.h"
#include "core/need.h"
#include "core/pressure.h"
#include "core/ranking.h"
#include "core/steps.h"

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr seconds kBootMargin{60};

// The nodes of one pool that a job could get, warm ones first.
struct FreeNodes {
  std::vector<std::string> warm;
  std::vector<std::string> cold;
};

class Permitter {
 public:
  Permitter(Draft& draft, const Picture& picture) : draft_(draft), picture_(picture) {
    for (const auto& [name, view] : picture.providers) {
      offers_.insert(offers_.end(), view.offers.begin(), view.offers.end());
    }
    for (const auto& [job, permission] : draft.books().permissions) {
      taken_.insert(permission.nodes.begin(), permission.nodes.end());
    }
    for (const auto& [id, machine] : draft.books().machines) {
      if (!facts_of(machine.state).holds_node) continue;
      (machine.state == MachineState::kReady ? ready_ : held_).insert(machine.node);
    }
    for (const auto& node : held_)
      ready_.erase(node);  // a successor waits for this one's end
    for (const auto& [node, reason] : draft.books().send_back)
      held_.insert(node);
    committed_ = count_commitment(draft.books(), picture.spent_this_month, 0, picture.now);
    count_promises();
  }

  void consider(const Job& job) {
    if (draft_.books().permissions.contains(job.id)) return;
    auto need = read_need(job);
    if (!need) return;
    const auto pressure =
        judge_pressure(job, picture_.config.policy, picture_.now, shortest_boot() + kBootMargin);
    if (!pressure.may_burst) return;
    const int tasks = std::max(1, static_cast<int>(job.array_tasks));
    if (const auto choice = choose(*need, pressure.partition, tasks)) {
      permit(job, *need, *choice, pressure);
    }
  }

 private:
  struct Choice {
    const Pool* pool = nullptr;
    std::vector<std::string> nodes;
    Ranked place;
  };

  [[nodiscard]] seconds shortest_boot() const {
    seconds shortest{0};
    for (const auto& offer : offers_) {
      if (shortest == seconds{0} || offer.boot_time < shortest) shortest = offer.boot_time;
    }
    return shortest;
  }

  // Permitted nodes without a machine count against the caps, at the pool's best price.
  void count_promises() {
    for (const auto& [job, permission] : draft_.books().permissions) {
      int machines = 0;
      for (const auto& node : permission.nodes) {
        if (!held_.contains(node) && !ready_.contains(node)) ++machines;
      }
      const auto* pool = picture_.config.find_pool(permission.pool);
      if (machines == 0 || pool == nullptr) continue;
      Need whole;
      whole.gpus_per_node = pool->shape.gpus;
      const auto ranking = rank(whole, *pool);
      if (!ranking.places.empty()) commit(ranking.places.front().offer, machines);
    }
  }

  [[nodiscard]] Ranking rank(const Need& need, const Pool& pool) const {
    return rank_offers(
        need, pool, Market{offers_, picture_.config, draft_.books().cooldowns, picture_.now});
  }

  void commit(const Offer& offer, int machines) {
    committed_.machines += machines;
    committed_.machines_at[offer.id.provider] += machines;
    committed_.per_hour += offer.price_per_hour.value_or(Money{}) * machines;
  }

  [[nodiscard]] FreeNodes free_nodes(const Pool& pool,
                                     const Need& need,
                                     const std::string& partition) const {
    FreeNodes free;
    const auto found = picture_.slurm->partitions.find(partition);
    if (found == picture_.slurm->partitions.end() || !found->second.up) return free;
    const auto& members = partition_members(found->second);
    for (const auto& name : pool.nodes) {
      const auto node = picture_.slurm->nodes.find(name);
      if (node == picture_.slurm->nodes.end() || !members.contains(name)) continue;
      if (taken_.contains(name) || held_.contains(name) || !suits(node->second, need)) continue;
      if (ready_.contains(name)) {
        if (!node->second.powered_down) free.warm.push_back(name);
      } else if (node->second.powered_down) {
        free.cold.push_back(name);
      }
    }
    return free;
  }

  [[nodiscard]] const std::set<std::string>& partition_members(const Partition& partition) const {
    auto& members = members_[partition.name];
    if (members.empty()) members.insert(partition.nodes.begin(), partition.nodes.end());
    return members;
  }

  static bool suits(const Node& node, const Need& need) {
    const bool usable = node.base == NodeBase::kIdle && !node.powering_up && !node.powering_down &&
                        !node.power_down_asked && !node.draining && !node.reserved &&
                        !node.maintenance && !node.completing && !node.invalid;
    if (!usable) return false;
    const auto& excluded = need.excluded_nodes;
    if (std::find(excluded.begin(), excluded.end(), node.name) != excluded.end()) return false;
    return std::all_of(need.features.begin(), need.features.end(), [&](const auto& feature) {
      return ("," + node.features + ",").find("," + feature + ",") != std::string::npos;
    });
  }

  // The pool whose best offer is the cheapest for the job; nothing when no pool can take it now.
  [[nodiscard]] std::optional<Choice> choose(const Need& need,
                                             const std::string& partition,
                                             int tasks) const {
    std::optional<Choice> best;
    for (const auto& pool : picture_.config.pools) {
      if (!misfit(need, pool.shape).empty()) continue;
      const auto free = free_nodes(pool, need, partition);
      auto nodes = free.warm;
      nodes.insert(nodes.end(), free.cold.begin(), free.cold.end());
      const auto whole_tasks = std::min<std::size_t>(
          static_cast<std::size_t>(tasks), nodes.size() / static_cast<std::size_t>(need.nodes));
      if (whole_tasks == 0) continue;
      nodes.resize(whole_tasks * static_cast<std::size_t>(need.nodes));
      auto choice = within_caps(need, pool, std::move(nodes), free.warm.size());
      if (!choice) continue;
      if (!best || choice->place.expected_cost < best->place.expected_cost) best = choice;
    }
    return best;
  }

  // Fewer tasks of an array when the caps do not hold all of them.
  [[nodiscard]] std::optional<Choice> within_caps(const Need& need,
                                                  const Pool& pool,
                                                  std::vector<std::string> nodes,
                                                  std::size_t warm) const {
    const auto ranking = rank(need, pool);
    const auto gang = static_cast<std::size_t>(need.nodes);
    for (; nodes.size() >= gang; nodes.resize(nodes.size() - gang)) {
      const int machines = static_cast<int>(nodes.size() - std::min(warm, nodes.size()));
      const auto place =
          std::find_if(ranking.places.begin(), ranking.places.end(), [&](const Ranked& candidate) {
            return cap_trouble(committed_, candidate.offer, machines, picture_.config).empty();
          });
      if (place != ranking.places.end()) return Choice{&pool, nodes, *place};
    }
    return std::nullopt;
  }

  void permit(const Job& job, const Need& need, const Choice& choice, const Pressure& pressure) {
    draft_.put(Permission{job.id, choice.pool->name, choice.nodes, picture_.now});
    taken_.insert(choice.nodes.begin(), choice.nodes.end());
    int machines = 0;
    for (const auto& node : choice.nodes)
      machines += ready_.contains(node) ? 0 : 1;
    commit(choice.place.offer, machines);
    Event event;
    event.kind = "permit";
    event.job = job.id;
    event.node = format_hostlist(choice.nodes);
    event.text = pressure.why + "; may use " + std::to_string(choice.nodes.size()) +
                 " rented nodes of pool " + choice.pool->name +
                 "; now cheapest: " + format_offer_id(choice.place.offer.id) + " at " +
                 format_money(choice.place.offer.price_per_hour.value_or(Money{})) +
                 " $/h a node, at most " + format_money(choice.place.expected_cost) + " $ for " +
                 (need.time_limit ? format_duration(*need.time_limit) : std::string("a day"));
    draft_.say(std::move(event));
    draft_.forget_comment(job.id);
  }

  Draft& draft_;
  const Picture& picture_;
  std::vector<Offer> offers_;
  std::set<std::string> taken_;  // by permissions
  std::set<std::string> ready_;  // nodes with a machine that works
  std::set<std::string> held_;   // nodes with a machine in another state
  Commitment committed_;
  mutable std::map<std::string, std::set<std::string>> members_;
};

bool has_lease(const Books& books, std::uint32_t job) {
  return std::any_of(books.leases.begin(), books.leases.end(), [&](const auto& entry) {
    return entry.second.job == job;
  });
}

// A permission stands while its job waits or its nodes come up.
bool still_stands(const Books& books, const SlurmView& slurm, const Permission& permission) {
  const auto job = slurm.jobs.find(permission.job);
  if (job == slurm.jobs.end()) return false;
  if (slurm.at <= permission.since) return true;  // the view is older than the permission
  return job->second.state == JobState::kPending || job->second.state == JobState::kConfiguring ||
         (has_lease(books, permission.job) && job->second.array_tasks > 0);
}

// Its offers vanished before anything was ordered: no promise that cannot be kept.
bool is_hollow(const Draft& draft, const Picture& picture, const Permission& permission) {
  const auto* pool = picture.config.find_pool(permission.pool);
  if (pool == nullptr) return true;
  if (has_lease(draft.books(), permission.job)) return false;
  const bool warm = std::any_of(permission.nodes.begin(),
                                permission.nodes.end(),
                                [&](const auto& node) { return draft.holder_of(node) != nullptr; });
  if (warm) return false;
  std::vector<Offer> offers;
  for (const auto& [name, view] : picture.providers) {
    if (!view.offers_at) return false;  // not told yet is not vanished
    offers.insert(offers.end(), view.offers.begin(), view.offers.end());
  }
  Need need;
  need.gpus_per_node = pool->shape.gpus;
  const Market market{offers, picture.config, draft.books().cooldowns, picture.now};
  return rank_offers(need, *pool, market).places.empty();
}

void drop_ended(Draft& draft, const Picture& picture) {
  const auto permissions = draft.books().permissions;
  for (const auto& [job, permission] : permissions) {
    if (!still_stands(draft.books(), *picture.slurm, permission)) {
      draft.drop_permission(job);
    } else if (is_hollow(draft, picture, permission)) {
      draft.drop_permission(job);
      Event event;
      event.kind = "forbid";
      event.job = job;
      event.text = "no offer is left for pool " + permission.pool + "; waits for the next one";
      draft.say(std::move(event));
    }
  }
}

std::vector<const Job*> pending_jobs(const SlurmView& slurm) {
  std::vector<const Job*> jobs;
  for (const auto& [id, job] : slurm.jobs) {
    if (job.state == JobState::kPending) jobs.push_back(&job);
  }
  std::sort(jobs.begin(), jobs.end(), [](const Job* a, const Job* b) {
    return std::make_tuple(b->priority, a->id) < std::make_tuple(a->priority, b->id);
  });
  return jobs;
}

Decisions write_decisions(const Books& books, const Config& config) {
  Decisions decisions;
  std::vector<std::string> cloud;
  for (const auto& pool : config.pools) {
    cloud.insert(cloud.end(), pool.nodes.begin(), pool.nodes.end());
  }
  decisions.cloud = format_hostlist(std::move(cloud));
  for (const auto& [job, permission] : books.permissions) {
    const auto name = permission.pool + "." + std::to_string(job);
    decisions.sets.push_back({name, format_hostlist(permission.nodes)});
    decisions.jobs.push_back({job, {name}});
  }
  return decisions;
}

}  // namespace

void permit_jobs(Draft& draft, const Picture& picture, Plan& plan) {
  if (picture.slurm != nullptr) {
    drop_ended(draft, picture);
    Permitter permitter(draft, picture);
    for (const auto* job : pending_jobs(*picture.slurm))
      permitter.consider(*job);
  }
  plan.decisions = write_decisions(draft.books(), picture.config);
}

}  // namespace spillway
