// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/joining.h"

#include <algorithm>
#include <chrono>

#include "core/cooldown.h"
#include "core/gang.h"
#include "core/vpn.h"
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

// A machine that knows the head by its name calls through the tunnel once that stands.
bool is_at(const Machine& machine, const std::string& address) {
  return !address.empty() && (machine.address == address || machine.tunnel_address == address);
}

// By the address that the call comes from, and nothing that the caller says of itself: a token that
// was read somewhere is worth nothing elsewhere.
const Machine* find_by_address(const std::vector<Machine>& machines, const Caller& caller) {
  const auto found = std::find_if(machines.begin(), machines.end(), [&](const Machine& machine) {
    return may_call(machine) && is_at(machine, caller.peer);
  });
  return found == machines.end() ? nullptr : &*found;
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
  return node == slurm->nodes.end() || node->second.address == node_address(machine);
}

// Slurm has not asked for the node yet, or no longer wants it: a slurmd would come as a ghost.
bool is_put_off(const Machine& machine, const SlurmView* slurm) {
  if (slurm == nullptr) return false;
  const auto node = slurm->nodes.find(machine.node);
  return node != slurm->nodes.end() && node->second.powered_down && !node->second.powering_up;
}

Error not_yet(const std::string& why, std::chrono::seconds ask_again) {
  return Error{ErrorCode::kTransient, why, ask_again};
}

// The address of the machine in its provider's network, where it tells one.
std::string private_address_of(const Caller& caller) {
  for (const auto& address : caller.addresses) {
    const auto number = parse_ipv4(address);
    if (number && is_private(*number)) return address;
  }
  return "";
}

bool has_key_of_another(const Draft& draft, const Machine& machine, const std::string& key) {
  const auto& machines = draft.books().machines;
  return std::any_of(machines.begin(), machines.end(), [&](const auto& entry) {
    return entry.first != machine.id && entry.second.wireguard_key == key;
  });
}

// Once its gang is whole, users' jobs run on the machine, and may have found the token. The machine
// itself shows that it is the one that joined by its key.
bool is_over(const Draft& draft, const Machine& machine, const Caller& caller) {
  const bool is_known =
      !machine.wireguard_key.empty() && machine.wireguard_key == caller.wireguard_key;
  return !is_known && machine.state == MachineState::kReady && is_whole(draft, machine.lease);
}

// Its key and its place in the VPN, once and for all.
Status enter_vpn(const Draft& draft, const Caller& caller, const VpnConfig& vpn, Machine& machine) {
  const auto& key = caller.wireguard_key;
  if (key.empty()) return Error{ErrorCode::kInvalid, "join: the machine has no WireGuard key", {}};
  if (machine.wireguard_key == key && !machine.tunnel_address.empty()) return {};
  const bool is_other = !machine.wireguard_key.empty() && machine.wireguard_key != key;
  if (is_other || has_key_of_another(draft, machine, key))
    return Error{ErrorCode::kUnauthorized, "joined before, with another WireGuard key", {}};
  const auto address = find_tunnel_address(draft.books(), vpn.network, machine.id);
  if (!address) return Error{ErrorCode::kTransient, "the VPN has no address left", {}};
  machine.wireguard_key = key;
  machine.tunnel_address = *address;
  return {};
}

// Another machine of the same offer may take its place: once for each node, and not where all
// machines of a gang have to come by one order, to be on one fabric.
bool may_be_replaced(const Draft& draft, const Lease& lease, const Machine& machine) {
  const auto machines = draft.machines_of(lease.id);
  if (!lease.outcome.empty() || is_whole(draft, lease.id)) return false;
  if (lease.offer.fabric == "infiniband" && machines.size() > 1) return false;
  if (keeps_failing(draft.books().cooldowns, lease.offer)) return false;
  return std::none_of(machines.begin(), machines.end(), [&](const Machine& other) {
    return other.id != machine.id && other.node == machine.node;
  });
}

// The others of its gang wait for it.
void replace_machine(Draft& draft, Machine machine, const std::string& why) {
  say_of_machine(draft, machine, "unhealthy", why);
  say_of_machine(draft, machine, "replaced", "another machine of the same offer, after: " + why);
  machine.reason = why;
  draft.happen(machine, MachineEvent::kUnhealthy);
  Machine next;
  next.lease = machine.lease;
  next.node = machine.node;
  draft.add_machine(next);
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

Result<Machine> note_joined(Draft& draft,
                            const Caller& caller,
                            const std::optional<VpnConfig>& vpn) {
  const auto found = find_caller(draft, caller);
  if (!found) return found.error();
  if (is_over(draft, *found, caller)) {
    return Error{ErrorCode::kUnauthorized,
                 "all machines of lease " + std::to_string(caller.lease) + " have joined",
                 {}};
  }
  Machine machine = *found;
  if (vpn) {
    if (const auto entered = enter_vpn(draft, caller, *vpn, machine); !entered)
      return entered.error();
  }
  if (machine.private_address.empty()) machine.private_address = private_address_of(caller);
  const bool is_news = machine.tunnel_address != found->tunnel_address ||
                       machine.private_address != found->private_address;
  if (is_news) draft.put(machine);
  // It runs, whether or not a list will ever show it running.
  if (!machine.billed_from) machine.billed_from = draft.now();
  if (draft.happen(machine, MachineEvent::kJoined)) {
    say_of_machine(draft, machine, "joined", "joined from " + machine.address);
  }
  return machine;
}

Result<Machine> note_ready(Draft& draft, const Caller& caller, const SlurmView* slurm) {
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
    say_of_machine(draft, machine, "ready", "passed its checks");
  }
  if (is_put_off(machine, slurm)) {
    return not_yet("slurmctld has not powered up " + machine.node + " yet", kUntilGangIsWhole);
  }
  if (!is_whole(draft, machine.lease)) {
    return not_yet("the other machines of the gang are not ready yet", kUntilGangIsWhole);
  }
  return machine;
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
  const auto why = "machine unhealthy: " + printable(what, kLongestWords);
  const auto* lease = draft.find_lease(found->lease);
  const bool is_whole_gang = is_whole(draft, found->lease);
  const bool is_replaced = lease != nullptr && may_be_replaced(draft, *lease, *found);
  // Of a whole gang slurmd has not started yet here, or the machine would not say so.
  if (lease != nullptr && (is_replaced || is_whole_gang))
    note_boot_failure(draft, lease->offer, why, timing);
  if (is_replaced) {
    replace_machine(draft, *found, why);
  } else {
    fail_machine(draft, *found, why, timing);
  }
  return {};
}

}  // namespace spillway
