// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "core/hostlist.h"
#include "core/local_nodes.h"
#include "core/permissions.h"
#include "core/placement.h"
#include "core/pressure.h"
#include "core/queue.h"
#include "core/steps.h"
#include "core/tell.h"

namespace spillway {
namespace {

using std::chrono::seconds;

// A rented machine that would be ready just before a local start is not worth its price.
constexpr seconds kBootMargin{60};

constexpr const char* kNoGpu = "asks for no GPU";

Search never(const std::string& why) {
  return Search{std::nullopt, Hindrance::kNoPool, why, {}};
}

// One walk through the queue, in Slurm's order.
class Permitter {
 public:
  Permitter(Draft& draft, const Picture& picture)
      : draft_(draft),
        picture_(picture),
        local_(*picture.slurm),
        placer_(std::make_unique<Placer>(picture, draft.books())) {
    for (const auto& [id, lease] : draft.books().leases) {
      if (lease.job != 0 && lease.outcome.empty()) leases_[lease.job] = &lease;
    }
  }

  std::vector<Verdict> walk(std::vector<QueuedJob> queue) {
    for (auto& queued : queue) {
      apply_policy(queued);
      drop_broken_set(queued);
    }
    count_standing(queue);
    std::vector<Verdict> verdicts;
    for (const auto& queued : queue) {
      auto verdict = consider(queued);
      if (!verdict.partition.empty()) verdicts.push_back(std::move(verdict));
    }
    return verdicts;
  }

 private:
  void apply_policy(QueuedJob& queued) const {
    const auto rule = find_rule(queued.job(), picture_.config.policy);
    if (rule.policy == nullptr) return;
    for (auto& part : queued.parts) {
      if (part.need) part.need->infiniband_from_nodes = rule.policy->infiniband_from_nodes;
    }
  }

  struct Claim {
    const Permission* permission = nullptr;
    const QueuedPart* part = nullptr;  // nullptr: its job pends no longer
    std::string partition;             // whose rule speaks for it
    std::size_t place = 0;             // in the queue
  };

  // What stands is spoken for before anything new, and as it was given: the older first, then the
  // higher in the queue.
  void count_standing(const std::vector<QueuedJob>& queue) {
    std::map<std::uint32_t, Claim> claims;
    for (const auto& [job, permission] : draft_.books().permissions)
      claims[job].permission = &permission;
    std::size_t place = 0;
    for (const auto& queued : queue) {
      ++place;
      for (const auto& part : queued.parts) {
        const auto* permission = permission_of(part);
        if (permission == nullptr) continue;
        const auto rule = find_rule(queued.job(), picture_.config.policy);
        claims[part.job->id] = {permission, &part, rule.partition, place};
      }
    }
    std::vector<Claim> in_order;
    for (const auto& [job, claim] : claims)
      in_order.push_back(claim);
    std::sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) {
      return std::tie(a.permission->since, a.place) < std::tie(b.permission->since, b.place);
    });
    for (const auto& claim : in_order)
      standing_[claim.permission->job] =
          placer_->stand(*claim.permission, claim.part, claim.partition);
  }

  Verdict consider(const QueuedJob& queued) {
    const auto rule = find_rule(queued.job(), picture_.config.policy);
    if (has_permissions(queued)) {
      if (queued.job().array_tasks > 0) widen(queued, rule);
      return tell_permitted(queued, rule);
    }
    auto verdict = judge(queued, rule);
    if (verdict.standing != Standing::kPermitted) count_demand(queued);
    return verdict;
  }

  // A component without GPUs starts on local nodes, together with the others.
  static bool rents(const QueuedJob& queued, const QueuedPart& part) {
    return !queued.is_heterogeneous() || (part.need && asks_for_gpus(*part.need));
  }

  [[nodiscard]] const Permission* permission_of(const QueuedPart& part) const {
    const auto found = draft_.books().permissions.find(part.job->id);
    return found == draft_.books().permissions.end() ? nullptr : &found->second;
  }

  [[nodiscard]] bool has_permissions(const QueuedJob& queued) const {
    return std::any_of(queued.parts.begin(), queued.parts.end(), [&](const auto& part) {
      return permission_of(part) != nullptr;
    });
  }

  // All its components have theirs, or none has: what is left of a broken set is given back.
  void drop_broken_set(const QueuedJob& queued) {
    const bool is_broken =
        has_permissions(queued) &&
        std::any_of(queued.parts.begin(), queued.parts.end(), [&](const auto& part) {
          return rents(queued, part) && permission_of(part) == nullptr;
        });
    if (!is_broken) return;
    for (const auto& part : queued.parts)
      draft_.drop_permission(part.job->id);
  }

  Verdict judge(const QueuedJob& queued, const RuleInForce& rule) {
    const auto crowd = crowd_of(queued, rule);
    const auto pressure = judge_pressure(queued, rule, crowd, picture_.now);
    if (pressure.lets == Lets::kStay || pressure.waits_for_others) {
      return tell_pressure(queued, rule, pressure);
    }
    if (pressure.lets == Lets::kWait) {
      const auto why = find_misfit(queued, rule);
      return why.empty() ? tell_pressure(queued, rule, pressure)
                         : tell_hindered(queued, rule, never(why));
    }
    // All components or none: what the first ones take is only tried.
    std::unique_ptr<Placer> trial;
    if (queued.is_heterogeneous()) trial = std::make_unique<Placer>(*placer_);
    auto& placer = trial ? *trial : *placer_;
    std::vector<Placement> placements;
    Search search;
    for (const auto& part : queued.parts) {
      if (!rents(queued, part)) continue;
      search = placer.find(*part.need, rule.partition, pressure.tasks);
      if (!search.found) return tell_hindered(queued, rule, search);
      if (trial) placer.take(*search.found);
      placements.push_back(*std::move(search.found));
    }
    if (placements.empty()) return tell_hindered(queued, rule, never(kNoGpu));
    const auto ready_in = ready_in_of(placements);
    // Slurm's estimate for an array is that of its next task: it says nothing of the others.
    const bool is_one = queued.tasks == 1;
    if (is_one && starts_sooner_without(queued.job(), ready_in, picture_.now)) {
      return tell_sooner(queued, rule);
    }
    if (trial) {
      placer_ = std::move(trial);
    } else {
      placer_->take(placements.front());
    }
    return permit(queued, rule, pressure, placements);
  }

  // There was no room for all tasks of an array when it was permitted; now there may be.
  void widen(const QueuedJob& queued, const RuleInForce& rule) {
    const auto& part = queued.parts.front();
    auto permission = *permission_of(part);
    const auto pressure = judge_pressure(queued, rule, crowd_of(queued, rule), picture_.now);
    const auto& standing = standing_.at(permission.job);
    const int missing = pressure.tasks - count_unused(permission) / standing.need.nodes;
    if (pressure.lets != Lets::kBurst || missing <= 0) return;
    const auto more = placer_->find_more(permission, *part.need, rule.partition, missing);
    if (!more) return;
    placer_->take(*more);
    permission.nodes.insert(permission.nodes.end(), more->nodes.begin(), more->nodes.end());
    draft_.put(permission);
    draft_.say(tell_permission(permission.job, pressure, *more));
  }

  // Its nodes that no task has yet.
  [[nodiscard]] int count_unused(const Permission& permission) const {
    const auto& nodes = picture_.slurm->nodes;
    return static_cast<int>(std::count_if(
        permission.nodes.begin(), permission.nodes.end(), [&](const std::string& name) {
          const auto node = nodes.find(name);
          return node != nodes.end() && node->second.base == NodeBase::kIdle &&
                 !node->second.powering_up;
        }));
  }

  // Why no pool could ever have one of its components; empty when each has one.
  std::string find_misfit(const QueuedJob& queued, const RuleInForce& rule) {
    std::string why = kNoGpu;
    for (const auto& part : queued.parts) {
      if (!rents(queued, part)) continue;
      why = placer_->find_misfit(*part.need, rule.partition);
      if (!why.empty()) break;
    }
    return why;
  }

  [[nodiscard]] Crowd crowd_of(const QueuedJob& queued, const RuleInForce& rule) const {
    Crowd crowd;
    const auto ahead = gpus_ahead_.find(rule.partition);
    if (ahead != gpus_ahead_.end()) crowd.gpus_ahead = ahead->second;
    crowd.can_run_locally =
        std::all_of(queued.parts.begin(), queued.parts.end(), [&](const auto& part) {
          return !part.need || could_run_locally(*part.need, queued.job().partitions);
        });
    return crowd;
  }

  [[nodiscard]] bool could_run_locally(const Need& need,
                                       const std::vector<std::string>& partitions) const {
    return std::any_of(partitions.begin(), partitions.end(), [&](const auto& partition) {
      return local_.could_run(need, partition);
    });
  }

  // What waits in a partition, whatever its policy: it is served locally before what comes after.
  void count_demand(const QueuedJob& queued) {
    if (!waits_for_machines(queued.job(), picture_.now)) return;
    for (const auto& partition : queued.job().partitions)
      gpus_ahead_[partition] += count_gpus(queued);
  }

  static seconds ready_in_of(const std::vector<Placement>& placements) {
    seconds ready_in{0};
    for (const auto& placement : placements) {
      if (placement.cheapest && !placement.starts_warm) {
        ready_in = std::max(ready_in, placement.cheapest->offer.boot_time + kBootMargin);
      }
    }
    return ready_in;
  }

  Verdict permit(const QueuedJob& queued,
                 const RuleInForce& rule,
                 const Pressure& pressure,
                 const std::vector<Placement>& placements) {
    auto placement = placements.begin();
    for (const auto& part : queued.parts) {
      if (!rents(queued, part)) continue;
      draft_.put(Permission{
          part.job->id, placement->pool->name, placement->nodes, picture_.now, placement->fabric});
      draft_.say(tell_permission(part.job->id, pressure, *placement));
      ++placement;
    }
    return tell_placed(queued, rule, placements);
  }

  Verdict tell_permitted(const QueuedJob& queued, const RuleInForce& rule) {
    std::vector<Placement> placements;
    const Lease* lease = nullptr;
    for (const auto& part : queued.parts) {
      const auto standing = standing_.find(part.job->id);
      if (standing == standing_.end()) continue;
      placements.push_back(std::move(standing->second));
      const auto found = leases_.find(part.job->id);
      if (found != leases_.end()) lease = found->second;
    }
    auto verdict = tell_placed(queued, rule, placements);
    if (lease != nullptr) tell_bursting(verdict, *lease);
    return verdict;
  }

  Draft& draft_;
  const Picture& picture_;
  LocalNodes local_;
  std::unique_ptr<Placer> placer_;
  std::map<std::uint32_t, const Lease*> leases_;    // by job
  std::map<std::uint32_t, Placement> standing_;     // permissions, by job
  std::map<std::string, std::int64_t> gpus_ahead_;  // by partition
};

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
    drop_ended_permissions(draft, picture);
    auto queue = read_queue(*picture.slurm);
    if (!queue.empty()) plan.verdicts = Permitter(draft, picture).walk(std::move(queue));
    comment_jobs(draft, *picture.slurm, plan.verdicts);
  }
  plan.decisions = write_decisions(draft.books(), picture.config);
}

}  // namespace spillway
