// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/permissions.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/caps.h"
#include "core/free_nodes.h"
#include "core/gang.h"
#include "core/need.h"
#include "core/queue.h"
#include "core/ranking.h"

namespace spillway {
namespace {

// What a permission is judged by, gathered once for all of them.
struct Grounds {
  std::set<std::uint32_t> jobs_with_leases;  // the arrays of tasks that have one, too
  std::set<std::string> nodes_with_machines;
  std::set<std::string> nodes_with_leavers;  // machines that are on their way out, or lost
  std::set<std::string> nodes_with_comers;   // machines that come up
  std::vector<Offer> offers;
  Commitment committed;  // what is ordered, or is here
  bool all_told = true;  // every provider has told its offers: absent ones have vanished
};

Grounds gather(const Books& books, const Picture& picture) {
  Grounds grounds;
  grounds.committed = count_commitment(books, picture.spent_this_month, 0, picture.now);
  for (const auto& [id, lease] : books.leases) {
    grounds.jobs_with_leases.insert(lease.job);
    const auto job = picture.slurm->jobs.find(lease.job);
    if (job != picture.slurm->jobs.end()) grounds.jobs_with_leases.insert(job->second.array_id);
  }
  for (const auto& [id, machine] : books.machines) {
    if (!facts_of(machine.state).holds_node) continue;
    grounds.nodes_with_machines.insert(machine.node);
    auto& nodes = is_given_up(machine) ? grounds.nodes_with_leavers : grounds.nodes_with_comers;
    if (machine.state != MachineState::kReady || is_given_up(machine)) nodes.insert(machine.node);
  }
  for (const auto& [name, view] : picture.providers) {
    grounds.all_told = grounds.all_told && view.offers_at.has_value();
    grounds.offers.insert(grounds.offers.end(), view.offers.begin(), view.offers.end());
  }
  return grounds;
}

// While its job waits or its nodes come up.
bool still_stands(const Permission& permission, const SlurmView& slurm) {
  const auto job = slurm.jobs.find(permission.job);
  if (job == slurm.jobs.end()) return false;
  if (slurm.at <= permission.since) return true;  // the view is older than the permission
  const auto state = job->second.state;
  return state == JobState::kPending || state == JobState::kConfiguring;
}

// Nodes that its nodes no longer are enough for, or none of what it asks of them.
std::string outgrown(const Permission& permission,
                     const Job& job,
                     const Need& sized,
                     const SlurmView& slurm) {
  const auto& nodes = permission.nodes;
  const auto missing = [&](const std::string& name) {
    return std::find(nodes.begin(), nodes.end(), name) == nodes.end();
  };
  if (job.array_tasks == 0 && sized.nodes > static_cast<int>(nodes.size()))
    return "the job asks for " + std::to_string(sized.nodes) + " nodes now";
  if (std::any_of(sized.required_nodes.begin(), sized.required_nodes.end(), missing))
    return "the job asks for other nodes now";
  for (const auto& name : nodes) {
    const auto node = slurm.nodes.find(name);
    if (node == slurm.nodes.end()) continue;
    if (auto why = misfit(sized, node->second); !why.empty()) return why;
  }
  return "";
}

// The job was changed since (scontrol update): another GPU, nodes left out, held; or waits for
// something else by now.
std::string changed(const Permission& permission,
                    const Job& job,
                    const Pool& pool,
                    const SlurmView& slurm,
                    TimePoint now) {
  if (job.state != JobState::kPending) return "";
  if (job.priority == 0) return "the job is held";
  if (!waits_for_machines(job, now)) {
    return "the job waits for something else: " + job.state_reason;
  }
  const auto need = read_need(job);
  if (!need) return need.error().message;
  const auto& excluded = need->excluded_nodes;
  const bool left_out = std::any_of(excluded.begin(), excluded.end(), [&](const auto& node) {
    return std::find(permission.nodes.begin(), permission.nodes.end(), node) !=
           permission.nodes.end();
  });
  if (left_out) return "the job leaves out nodes of pool " + permission.pool;
  const auto sized = sized_for(*need, pool.shape);
  auto why = misfit(sized, pool.shape);
  if (why.empty()) why = outgrown(permission, job, sized, slurm);
  return why.empty() ? "" : "pool " + pool.name + " no longer fits: " + why;
}

bool is_coming_up(const Node& node) {
  return node.powering_up || node.base == NodeBase::kAllocated || node.base == NodeBase::kMixed;
}

// Slurm could not start a job there now, and will not soon: another node may do.
bool is_out_of_use(const Node& node) {
  return node.base != NodeBase::kIdle || node.powering_down || node.power_down_asked ||
         node.draining || node.reserved || node.maintenance || node.invalid;
}

// A node that is lost for the job that waits: down, drained, or with a machine that leaves. None
// while anything comes up for the permission: then Slurm has given nodes to its job already, or to
// a task of it.
std::string find_lost_node(const Permission& permission,
                           const SlurmView& slurm,
                           const Grounds& grounds) {
  std::string lost;
  for (const auto& name : permission.nodes) {
    const auto node = slurm.nodes.find(name);
    const bool is_known = node != slurm.nodes.end();
    const bool comes_up = is_known && is_coming_up(node->second);
    if (comes_up || grounds.nodes_with_comers.contains(name)) return "";
    const bool is_lost = !is_known || is_out_of_use(node->second);
    if (is_lost || grounds.nodes_with_leavers.contains(name)) lost = name;
  }
  return lost;
}

// The machines that one order has to bring: of an array those of one task.
int gang_of(const Permission& permission, const Job& job, const Pool& pool) {
  const auto need = read_need(job);
  if (job.array_tasks > 0 && need) return sized_for(*need, pool.shape).nodes;
  return static_cast<int>(permission.nodes.size());
}

// Before anything was ordered its offers vanished, or a limit was lowered: a promise that cannot be
// kept. Says which; empty while it can be.
std::string find_hollow(const Permission& permission,
                        const Job& job,
                        const Pool& pool,
                        const Market& market,
                        const Grounds& grounds) {
  if (!grounds.all_told) return "";
  const bool any_machine =
      std::any_of(permission.nodes.begin(), permission.nodes.end(), [&](const auto& node) {
        return grounds.nodes_with_machines.contains(node);
      });
  if (any_machine) return "";
  const int gang = gang_of(permission, job, pool);
  const auto usable = survey_offers(pool, market).usable;
  std::string why = "no offer is left";
  for (const auto& offer : usable) {
    if (permission.fabric && offer.id != *permission.fabric) continue;
    if (offer.stock.value_or(gang) < gang) continue;
    auto cap = cap_trouble(grounds.committed, offer, gang, market.config);
    if (cap.empty()) return "";
    why = std::move(cap);
  }
  return why;
}

// Why a permission whose job still waits ends; empty while it does not.
std::string find_end(const Permission& permission,
                     const Draft& draft,
                     const Picture& picture,
                     const Grounds& grounds) {
  const auto* pool = picture.config.find_pool(permission.pool);
  if (pool == nullptr) return "pool " + permission.pool + " is no longer configured";
  const auto job = picture.slurm->jobs.find(permission.job);
  if (job == picture.slurm->jobs.end()) return "";
  if (job->second.state == JobState::kPending) {
    const auto lost = find_lost_node(permission, *picture.slurm, grounds);
    if (!lost.empty()) return "node " + lost + " is not to be had now; others are looked for";
  }
  if (grounds.jobs_with_leases.contains(permission.job)) return "";
  if (auto why = changed(permission, job->second, *pool, *picture.slurm, picture.now); !why.empty())
    return why;
  const Market market{grounds.offers, picture.config, draft.books().cooldowns, picture.now};
  const auto why = find_hollow(permission, job->second, *pool, market, grounds);
  return why.empty() ? "" : "pool " + permission.pool + ": " + why;
}

}  // namespace

void drop_ended_permissions(Draft& draft, const Picture& picture) {
  if (draft.books().permissions.empty()) return;
  const auto grounds = gather(draft.books(), picture);
  const auto permissions = draft.books().permissions;  // a copy: the books change
  for (const auto& [job, permission] : permissions) {
    if (!still_stands(permission, *picture.slurm)) {
      draft.drop_permission(job);
      continue;
    }
    const auto end = find_end(permission, draft, picture, grounds);
    if (end.empty()) continue;
    draft.drop_permission(job);
    Event event;
    event.kind = "forbid";
    event.job = job;
    event.text = end;
    draft.say(std::move(event));
  }
}

}  // namespace spillway
