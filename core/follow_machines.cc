// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "core/gang.h"
#include "core/joining.h"
#include "core/outcomes.h"
#include "core/steps.h"

namespace spillway {
namespace {

using std::chrono::seconds;

// One list that misses a machine may be wrong; two in a row are believed.
constexpr int kMissesBelieved = 2;
// A machine that is still shown running so long after its end was accepted bills on.
constexpr seconds kEndingPatience{60};

void say(Draft& draft, const Machine& machine, const std::string& kind, const std::string& text) {
  Event event;
  event.kind = kind;
  event.lease = machine.lease;
  event.node = machine.node;
  if (const auto* lease = draft.find_lease(machine.lease)) event.job = lease->job;
  event.text = text;
  draft.say(std::move(event));
}

// The list's machines, found by id or by the order call in their mark. Each is taken once.
class ListIndex {
 public:
  ListIndex(const CloudList& list, const Config& config, const std::string& ledger_tag) {
    for (const auto& machine : list.machines) {
      if (machine.mark.cluster != config.cluster) continue;
      by_id_[machine.id] = &machine;
      if (machine.mark.ledger == ledger_tag) {
        by_call_.emplace(std::make_pair(machine.mark.lease, machine.mark.call), &machine);
      }
    }
  }

  // Take the machine's entry out of the index, or give nullptr.
  const CloudMachine* take_by_id(const Machine& machine) {
    return take(find_by_id(machine.provider_id));
  }
  const CloudMachine* take_by_call(const Machine& machine) {
    return take(find_by_call(machine.lease, machine.call));
  }

  [[nodiscard]] const std::map<std::string, const CloudMachine*>& left() const { return by_id_; }

 private:
  const CloudMachine* take(const CloudMachine* found) {
    if (found != nullptr) by_id_.erase(found->id);
    return found;
  }
  [[nodiscard]] const CloudMachine* find_by_id(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }
  [[nodiscard]] const CloudMachine* find_by_call(std::int64_t lease, std::int64_t call) const {
    const auto [first, last] = by_call_.equal_range({lease, call});
    for (auto entry = first; entry != last; ++entry) {
      if (by_id_.contains(entry->second->id)) return entry->second;
    }
    return nullptr;
  }

  std::map<std::string, const CloudMachine*> by_id_;
  std::multimap<std::pair<std::int64_t, std::int64_t>, const CloudMachine*> by_call_;
};

// The entry of each machine, by the machine's number: by its id, else by its order call. A cloud
// may tell an order's machines apart only once they run (Voltage Park): the ids that stood until
// then leave the list, and others with the same mark come.
std::map<std::int64_t, const CloudMachine*> match(ListIndex& index,
                                                  const std::vector<Machine>& machines) {
  std::map<std::int64_t, const CloudMachine*> entries;
  for (const auto& machine : machines)
    entries[machine.id] = index.take_by_id(machine);
  for (const auto& machine : machines) {
    auto& entry = entries[machine.id];
    if (entry == nullptr && machine.address.empty()) entry = index.take_by_call(machine);
  }
  return entries;
}

// The machines at `provider` that may be in its list.
std::vector<Machine> machines_at(const Draft& draft, const std::string& provider) {
  std::vector<Machine> machines;
  for (const auto& [id, machine] : draft.books().machines) {
    const auto* lease = draft.find_lease(machine.lease);
    if (lease == nullptr || lease->offer.provider != provider) continue;
    if (machine.state == MachineState::kWanted || facts_of(machine.state).is_final) continue;
    machines.push_back(machine);
  }
  return machines;
}

void note_billing(Machine& machine, const CloudMachine& seen, TimePoint asked_at) {
  if (seen.billed_from) {
    machine.billed_from = seen.billed_from;
  } else if (!machine.billed_from && seen.state == CloudState::kRunning) {
    machine.billed_from = asked_at;
  }
  const bool runs = seen.state == CloudState::kRunning || seen.state == CloudState::kUnhealthy;
  if (runs && machine.billed_to && asked_at > *machine.billed_to + kEndingPatience) {
    machine.billed_to.reset();  // accepted, and not done: the meter runs on
  }
}

// A machine that the cloud gave up before it ever joined: an order refused late, or hardware that
// is no good. One that joined is judged by its own health gate, and may be running a job.
bool never_came(const Machine& machine, const CloudMachine& seen) {
  return machine.state == MachineState::kBooting && seen.state == CloudState::kUnhealthy;
}

// The cloud ended the machine unasked, or does not show it any more. While its gang comes up that
// is one more way not to come up; later its node goes back to Slurm.
void note_vanished(Draft& draft, Machine machine, const std::string& why, const Timing& timing) {
  const bool comes_up = machine.state == MachineState::kBooting ||
                        machine.state == MachineState::kJoined ||
                        (machine.state == MachineState::kReady && !is_whole(draft, machine.lease));
  if (comes_up) {
    draft.put(machine);
    return fail_machine(draft, machine, why, timing);
  }
  if (draft.happen(machine, MachineEvent::kVanished)) say(draft, machine, "lost", why);
}

void note_seen(Draft& draft,
               Machine machine,
               const CloudMachine& seen,
               TimePoint asked_at,
               const Timing& timing) {
  const Machine before = machine;
  machine.misses = 0;
  machine.provider_id = seen.id;
  if (!seen.address.empty()) machine.address = seen.address;
  note_billing(machine, seen, asked_at);
  if (machine.state == MachineState::kOrdered) {
    draft.happen(machine, MachineEvent::kAccepted);
    say(draft, machine, "accepted", "the cloud's list shows the order: machine " + seen.id);
    if (machine.unwanted) release_machine(draft, machine, machine.reason);
    return;
  }
  const bool ended = seen.state == CloudState::kGone;
  const bool ending = ended || seen.state == CloudState::kEnding;
  if (ended && draft.happen(machine, MachineEvent::kGone)) return;
  if (ending && next_state(machine.state, MachineEvent::kVanished)) {
    machine.billed_to = machine.billed_to.value_or(asked_at);
    return note_vanished(draft, machine, "the cloud is ending the machine, unasked", timing);
  }
  if (!ending && draft.happen(machine, MachineEvent::kSeenAgain)) return;
  if (never_came(machine, seen)) {
    draft.put(machine);
    return fail_machine(draft, machine, "the cloud shows it unhealthy before it joined", timing);
  }
  const bool changed = before.misses != 0 || before.provider_id != machine.provider_id ||
                       before.address != machine.address ||
                       before.billed_from != machine.billed_from ||
                       before.billed_to != machine.billed_to;
  if (changed) draft.put(machine);
}

void note_not_made(Draft& draft, Machine machine, const Timing& timing) {
  say(draft, machine, "not-made", "the cloud's list does not show the order");
  machine.misses = 0;
  if (machine.unwanted) {
    draft.happen(machine, MachineEvent::kRefused);
    return;
  }
  const auto* found = draft.find_lease(machine.lease);
  if (found == nullptr || !is_out_of_calls(draft, machine.lease)) {
    machine.not_before = draft.now() + seconds(5);
    draft.happen(machine, MachineEvent::kNotMade);
    return;
  }
  const CallOrder call{found->offer.provider, found->id, {machine.id}, found->offer, {}};
  note_order(draft,
             call,
             Error{ErrorCode::kNoCapacity, "orders come to nothing, without a refusal", {}},
             timing);
}

void note_missing(Draft& draft, Machine machine, const ProviderView& view, const Timing& timing) {
  const auto asked_at = view.list->asked_at;
  // A list may lag behind an order; not behind what an earlier list showed.
  const bool was_shown = !machine.address.empty() || machine.billed_from;
  const auto shown_by =
      machine.ordered_at.value_or(machine.state_since) + view.capabilities.list_delay;
  if (!was_shown && asked_at < shown_by) return;
  if (machine.release_asked_at && asked_at < *machine.release_asked_at) return;
  ++machine.misses;
  draft.put(machine);
  if (machine.misses < kMissesBelieved) return;
  if (machine.state == MachineState::kOrdered) return note_not_made(draft, machine, timing);
  machine.billed_to = machine.billed_to.value_or(asked_at);
  if (machine.state == MachineState::kReleasing) {
    draft.happen(machine, MachineEvent::kGone);
    return say(draft, machine, "gone", "the cloud no longer shows the machine");
  }
  if (next_state(machine.state, MachineEvent::kVanished)) {
    note_vanished(draft, machine, "the cloud no longer shows the machine, unasked", timing);
  }
}

// Whoever tries a cloud is given the time to see a machine boot and end it.
seconds grace_of(const CloudMachine& orphan, const Timing& timing) {
  const bool is_trial = orphan.mark.lease == kTrialLease;
  return timing.orphan_grace + (is_trial ? timing.boot_deadline : seconds(0));
}

// A machine that bears our mark and is in no open book: ended after the grace, if the mark is of
// this ledger; else a person must look.
void note_orphan(Draft& draft,
                 const Picture& picture,
                 const std::string& provider,
                 const CloudMachine& seen,
                 Sightings& sightings) {
  if (seen.state == CloudState::kEnding || seen.state == CloudState::kGone) return;
  const auto key = provider + "/" + seen.id;
  Event event;
  event.kind = "orphan";
  event.lease = seen.mark.lease;
  if (seen.mark.ledger != draft.books().ledger_tag) {
    if (!sightings.alerts.insert(key).second) return;
    event.kind = "alert";
    event.text = "machine " + seen.id + " at " + provider + " bears our cluster's name, " +
                 format_mark(seen.mark) + ", but was ordered from another ledger: left alone";
    return draft.say(std::move(event));
  }
  const auto since = sightings.orphans.emplace(key, picture.now).first->second;
  if (picture.now < since + grace_of(seen, picture.config.timing)) return;
  sightings.orphans.erase(key);
  Lease lease;
  lease.offer = seen.offer;
  lease.offer.provider = provider;
  lease.price_per_hour = seen.price_per_hour.value_or(Money{});
  lease.billing = picture.providers.at(provider).capabilities.billing;
  lease.calls = seen.mark.call;
  lease.outcome = "orphan";
  lease = draft.add_lease(lease);
  Machine machine;
  machine.lease = lease.id;
  machine.state = MachineState::kReleasing;
  machine.provider_id = seen.id;
  machine.address = seen.address;
  machine.billed_from = seen.billed_from;
  machine.reason = "orphan " + format_mark(seen.mark);
  draft.add_machine(machine);
  event.text = "machine " + seen.id + " at " + provider + " (" + format_mark(seen.mark) +
               ") is in no open lease: released";
  draft.say(std::move(event));
}

void follow_list(Draft& draft,
                 const Picture& picture,
                 const std::string& provider,
                 Sightings& sightings) {
  const auto& view = picture.providers.at(provider);
  ListIndex index(*view.list, picture.config, draft.books().ledger_tag);
  const auto entries = match(index, machines_at(draft, provider));
  for (const auto& [id, seen] : entries) {
    const Machine machine = *draft.find_machine(id);  // as its gang's fate has left it by now
    if (machine.state == MachineState::kOrdered && view.ordering) continue;
    if (machine.state == MachineState::kWanted || facts_of(machine.state).is_final) continue;
    if (seen != nullptr) {
      note_seen(draft, machine, *seen, view.list->asked_at, picture.config.timing);
    } else {
      note_missing(draft, machine, view, picture.config.timing);
    }
  }
  for (const auto& [id, seen] : index.left()) {
    note_orphan(draft, picture, provider, *seen, sightings);
  }
}

void keep_boot_deadline(Draft& draft, const Config& config) {
  const auto machines = draft.books().machines;
  for (const auto& [id, machine] : machines) {
    if (machine.state != MachineState::kBooting && machine.state != MachineState::kJoined) continue;
    if (draft.now() <
        machine.ordered_at.value_or(machine.state_since) + config.timing.boot_deadline)
      continue;
    // An earlier failure of the same gang may have released it in this loop.
    const auto* current = draft.find_machine(id);
    if (current == nullptr || current->state != machine.state) continue;
    fail_machine(draft,
                 *current,
                 "not ready within " + format_duration(config.timing.boot_deadline),
                 config.timing);
  }
}

}  // namespace

void follow_machines(Draft& draft, const Picture& picture, Sightings& sightings) {
  for (auto& [name, view] : picture.providers) {
    if (!view.list || !view.list_is_new) continue;
    follow_list(draft, picture, name, sightings);
    view.list_is_new = false;
  }
  keep_boot_deadline(draft, picture.config);
}

}  // namespace spillway
