// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/gang.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/hostlist.h"

namespace spillway {
namespace {

// The nodes that a lease leaves behind. Not a node whose machine was given up for another reason (a
// suspend, say): that is not wanted again.
std::vector<std::string> nodes_of(const std::vector<Machine>& machines) {
  std::set<std::string> nodes;
  for (const auto& machine : machines) {
    const bool is_left = machine.unwanted || machine.state == MachineState::kReleasing ||
                         facts_of(machine.state).is_final;
    if (!machine.node.empty() && !is_left) nodes.insert(machine.node);
  }
  return {nodes.begin(), nodes.end()};
}

void say_of_lease(Draft& draft,
                  const Lease& lease,
                  const std::string& kind,
                  const std::vector<std::string>& nodes,
                  const std::string& text) {
  Event event;
  event.kind = kind;
  event.job = lease.job;
  event.lease = lease.id;
  event.node = format_hostlist(nodes);
  event.text = text;
  draft.say(std::move(event));
}

void end_lease(Draft& draft, Lease lease, const std::string& why) {
  lease.outcome = why;
  draft.put(lease);
  release_lease(draft, lease, why);
}

// --- Handing over -----------------------------------------------------------
//
// The lease changes its job, and its machines their nodes: marks, join tokens and what the machines
// cost stay the lease's, so that nothing in the cloud or on a machine has to be told. Therefore one
// other gang takes what it needs, and only of machines that have not joined: a machine that has
// knows its node's name, and its slurmd may run under it. An order without an answer is not handed
// over, since it may have made nothing.

// Machines that boot, and not longer than is usual: others may be as late as one that failed.
std::vector<Machine> survivors_of(const Draft& draft, const Lease& lease) {
  auto machines = draft.machines_of(lease.id);
  std::erase_if(machines, [&](const Machine& machine) {
    const bool boots = machine.state == MachineState::kBooting && !machine.unwanted;
    const auto since = machine.ordered_at.value_or(machine.state_since);
    return !boots || draft.now() >= since + lease.boot_time;
  });
  return machines;
}

// What the lease wants, if none of it was ordered yet and each node is free; else nothing.
std::vector<Machine> waiting_gang_of(const Draft& draft, const Lease& lease) {
  auto machines = draft.machines_of(lease.id);
  std::erase_if(machines, [](const auto& machine) { return facts_of(machine.state).is_final; });
  const bool waits =
      lease.calls == 0 && lease.outcome.empty() &&
      std::all_of(machines.begin(), machines.end(), [&](const auto& machine) {
        return machine.state == MachineState::kWanted && is_node_free_for(draft, machine);
      });
  return waits ? machines : std::vector<Machine>{};
}

// The oldest gang that waits to be ordered at the same offer, and is whole with `survivors`
// machines: more of them the offer has just refused. That it chose the offer shows that it fits.
const Lease* find_heir(const Draft& draft, const Lease& left, std::size_t survivors) {
  for (const auto& [id, lease] : draft.books().leases) {
    if (id == left.id || lease.pool != left.pool || lease.offer != left.offer) continue;
    const auto wanted = waiting_gang_of(draft, lease).size();
    if (wanted > 0 && wanted <= survivors) return &lease;
  }
  return nullptr;
}

void hand_over(Draft& draft, Lease left, const Lease& heir, std::vector<Machine> survivors) {
  const auto wanted = waiting_gang_of(draft, heir);
  say_of_lease(draft,
               left,
               "handed-over",
               nodes_of(wanted),
               std::to_string(wanted.size()) + " machines go to " +
                   (heir.job == 0 ? "a node that was powered up by hand"
                                  : "job " + std::to_string(heir.job)));
  end_lease(draft, heir, "served by the machines of lease " + std::to_string(left.id));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    survivors[i].node = wanted[i].node;
    draft.put(survivors[i]);
  }
  left.job = heir.job;
  draft.put(left);
}

// Hands over what another gang can use of the lease, and releases the rest.
void give_away(Draft& draft, const Lease& lease, const std::string& why) {
  auto survivors = survivors_of(draft, lease);
  const auto* heir = find_heir(draft, lease, survivors.size());
  if (heir == nullptr) return end_lease(draft, lease, why);
  const auto taken = waiting_gang_of(draft, *heir).size();
  std::set<std::int64_t> kept;
  for (std::size_t i = 0; i < taken; ++i)
    kept.insert(survivors[i].id);
  for (const auto& machine : draft.machines_of(lease.id)) {
    if (!kept.contains(machine.id)) release_machine(draft, machine, why);
  }
  hand_over(draft, lease, Lease(*heir), std::move(survivors));
}

// The gangs of the job's other components that come up still. Those that stand serve the next job.
std::vector<Lease> gangs_beside(const Draft& draft, const SlurmView* slurm, std::uint32_t job) {
  if (slurm == nullptr || !slurm->jobs.contains(job)) return {};
  const auto het_id = slurm->jobs.at(job).het_id;
  std::vector<Lease> beside;
  for (const auto& [id, lease] : draft.books().leases) {
    const auto other = slurm->jobs.find(lease.job);
    if (het_id == 0 || other == slurm->jobs.end() || other->second.het_id != het_id) continue;
    if (lease.job != job && lease.outcome.empty() && !is_whole(draft, id)) beside.push_back(lease);
  }
  return beside;
}

// The nodes go back, the job loses its permission and is told.
void end_gang(Draft& draft, const Lease& lease, const SlurmView* slurm, const Failure& failure) {
  const auto nodes = nodes_of(draft.machines_of(lease.id));
  say_of_lease(draft, lease, "failed", nodes, failure.why);
  end_lease(draft, lease, failure.why);
  for (const auto& node : nodes)
    draft.send_back(node, "spillway: " + failure.why);
  // Without the view a task's array is not known; then its next task fails the same way.
  if (const auto* permission = find_permission(draft.books(), slurm, lease.job)) {
    draft.drop_permission(permission->job);
  }
  // What comes next stands first: clouds are long-winded, and a comment has an end.
  draft.comment(lease.job, "no rented machine, " + failure.next + ": " + failure.why);
}

}  // namespace

bool is_given_up(const Machine& machine) {
  return machine.unwanted || facts_of(machine.state).is_final ||
         machine.state == MachineState::kReleasing || machine.state == MachineState::kFailed ||
         machine.state == MachineState::kLost;
}

const Permission* find_permission(const Books& books, const SlurmView* slurm, std::uint32_t job) {
  const auto own = books.permissions.find(job);
  if (own != books.permissions.end()) return &own->second;
  if (slurm == nullptr) return nullptr;
  const auto record = slurm->jobs.find(job);
  if (record == slurm->jobs.end() || record->second.array_id == 0) return nullptr;
  const auto of_array = books.permissions.find(record->second.array_id);
  return of_array == books.permissions.end() ? nullptr : &of_array->second;
}

bool is_node_free_for(const Draft& draft, const Machine& wanted) {
  const auto& machines = draft.books().machines;
  return std::none_of(machines.begin(), machines.end(), [&](const auto& entry) {
    const auto& other = entry.second;
    return other.id != wanted.id && other.node == wanted.node && facts_of(other.state).holds_node;
  });
}

bool is_whole(const Draft& draft, std::int64_t lease) {
  const auto& machines = draft.books().machines;
  return std::all_of(machines.begin(), machines.end(), [&](const auto& entry) {
    const auto& machine = entry.second;
    return machine.lease != lease || machine.state == MachineState::kReady || is_given_up(machine);
  });
}

void release_machine(Draft& draft, Machine machine, const std::string& why) {
  if (facts_of(machine.state).is_final || machine.state == MachineState::kReleasing) return;
  machine.reason = why;
  if (draft.happen(machine, MachineEvent::kRelease)) return;
  // Ordered and not answered: nobody can release what has no id yet.
  machine.unwanted = true;
  draft.put(machine);
}

void release_lease(Draft& draft, const Lease& lease, const std::string& why) {
  for (const auto& machine : draft.machines_of(lease.id))
    release_machine(draft, machine, why);
}

void detour(Draft& draft, const Lease& lease, const std::string& why) {
  if (!lease.outcome.empty()) return release_lease(draft, lease, why);  // left already
  const auto nodes = nodes_of(draft.machines_of(lease.id));
  if (nodes.empty()) return end_lease(draft, lease, why);
  say_of_lease(draft, lease, "detour", nodes, "next offer, after: " + why);
  Lease next;
  next.pool = lease.pool;
  next.job = lease.job;
  give_away(draft, lease, why);
  next = draft.add_lease(next);
  for (const auto& node : nodes) {
    Machine machine;
    machine.lease = next.id;
    machine.node = node;
    draft.add_machine(machine);
  }
}

void fail_gang(Draft& draft, const Lease& lease, const SlurmView* slurm, const Failure& failure) {
  end_gang(draft, lease, slurm, failure);
  const auto why = "job " + std::to_string(lease.job) + ", a component of the same job, got none: ";
  for (const auto& other : gangs_beside(draft, slurm, lease.job))
    end_gang(draft, other, slurm, {why + failure.why, failure.next});
}

}  // namespace spillway
