// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/joining.h"

#include <algorithm>
#include <chrono>

#include "core/cooldown.h"
#include "core/gang.h"
#include "lib/text.h"

namespace spillway {
namespace {

// The address was ordered when the machine joined; Slurm is asked every second or two.
constexpr std::chrono::seconds kUntilSlurmKnows{1};
// Every machine of a gang asks so often.
constexpr std::chrono::seconds kUntilGangIsWhole{3};

constexpr std::size_t kLongestWords = 300;

bool may_call(const Machine& machine) {
  return machine.state == MachineState::kBooting || machine.state == MachineState::kJoined ||
         machine.state == MachineState::kReady;
}

bool is_at(const Machine& machine, const std::string& address) {
  return !address.empty() && machine.address == address;
}

const Machine* find_by_address(const std::vector<Machine>& machines, const Caller& caller) {
  for (const auto& machine : machines) {
    if (may_call(machine) && is_at(machine, caller.peer)) return &machine;
  }
  for (const auto& machine : machines) {
    if (!may_call(machine)) continue;
    for (const auto& address : caller.addresses) {
      if (is_at(machine, address)) return &machine;
    }
  }
  return nullptr;
}

void say_of_machine(Draft& draft,
                    const Machine& machine,
                    const std::string& kind,
                    const std::string& text) {
  Event event;
  event.kind = kind;
  event.lease = machine.lease;
  event.node = machine.node;
  if (const auto* lease = draft.find_lease(machine.lease)) event.job = lease->job;
  event.text = text;
  draft.say(std::move(event));
}

// A node that slurm.conf lacks is another trouble, which slurmd will tell.
bool slurm_knows_address(const Machine& machine, const SlurmView* slurm) {
  if (slurm == nullptr) return false;
  const auto node = slurm->nodes.find(machine.node);
  return node == slurm->nodes.end() || node->second.address == machine.address;
}

// Slurm has not asked for the node yet, or no longer wants it: a slurmd would come as a ghost.
bool is_put_off(const Machine& machine, const SlurmView* slurm) {
  if (slurm == nullptr) return false;
  const auto node = slurm->nodes.find(machine.node);
  return node != slurm->nodes.end() && node->second.powered_down && !node->second.powering_up;
}

Status not_yet(const std::string& why, std::chrono::seconds ask_again) {
  return Error{ErrorCode::kTransient, why, ask_again};
}

}  // namespace

Result<Machine> find_caller(const Draft& draft, const Caller& caller) {
  const auto machines = draft.machines_of(caller.lease);
  if (const auto* machine = find_by_address(machines, caller)) return *machine;
  const bool may_come = std::any_of(machines.begin(), machines.end(), [](const auto& machine) {
    return machine.state == MachineState::kOrdered ||
           (machine.state == MachineState::kBooting && machine.address.empty());
  });
  if (may_come) {
    return Error{ErrorCode::kTransient, "the cloud does not show this machine's address yet", {}};
  }
  return Error{ErrorCode::kUnauthorized,
               "lease " + std::to_string(caller.lease) + " has no machine at " + caller.peer,
               {}};
}

Result<Machine> note_joined(Draft& draft, const Caller& caller) {
  auto found = find_caller(draft, caller);
  if (!found) return found.error();
  Machine machine = *std::move(found);
  // It runs, whether or not a list will ever show it running.
  if (!machine.billed_from) machine.billed_from = draft.now();
  if (draft.happen(machine, MachineEvent::kJoined)) {
    say_of_machine(draft, machine, "joined", "joined from " + machine.address);
  }
  return machine;
}

Status note_ready(Draft& draft, const Caller& caller, const SlurmView* slurm) {
  auto found = find_caller(draft, caller);
  if (!found) return found.error();
  Machine machine = *std::move(found);
  if (machine.state != MachineState::kReady) {
    if (!slurm_knows_address(machine, slurm)) {
      return not_yet("slurmctld does not know the address of " + machine.node + " yet",
                     kUntilSlurmKnows);
    }
    if (!draft.happen(machine, MachineEvent::kReady)) {
      return Error{ErrorCode::kUnauthorized, "not joined", {}};
    }
    if (const auto* lease = draft.find_lease(machine.lease)) {
      note_boot_success(draft, lease->offer);
    }
    say_of_machine(draft, machine, "ready", "passed its checks");
  }
  if (is_put_off(machine, slurm)) {
    return not_yet("slurmctld has not powered up " + machine.node + " yet", kUntilGangIsWhole);
  }
  if (!is_whole(draft, machine.lease)) {
    return not_yet("the other machines of the gang are not ready yet", kUntilGangIsWhole);
  }
  return {};
}

void fail_machine(Draft& draft, Machine machine, const std::string& why, const Timing& timing) {
  const auto* found = draft.find_lease(machine.lease);
  if (found == nullptr) return;
  const Lease lease = *found;
  const bool is_in_use = machine.state == MachineState::kReady && is_whole(draft, lease.id);
  say_of_machine(draft, machine, "unhealthy", why);
  machine.reason = why;
  draft.happen(machine, MachineEvent::kUnhealthy);
  // The others may be running a job, and not the one that they were ordered for.
  if (is_in_use) return draft.send_back(machine.node, "spillway: " + why);
  note_boot_failure(draft, lease.offer, why, timing);
  detour(draft, lease, why);
}

Status note_unhealthy(Draft& draft,
                      const Caller& caller,
                      const std::string& what,
                      const Timing& timing) {
  auto found = find_caller(draft, caller);
  if (!found) return found.error();
  fail_machine(draft, *found, "machine unhealthy: " + printable(what, kLongestWords), timing);
  return {};
}

}  // namespace spillway
