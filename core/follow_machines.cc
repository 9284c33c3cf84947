// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "core/gang.h"
#include "core/joining.h"
#include "core/outcomes.h"
#include "core/reconcile.h"
#include "core/steps.h"

namespace spillway {
namespace {

using std::chrono::seconds;

// One list that misses a machine may be wrong; two in a row are looked into.
constexpr int kMissesCounted = 2;
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

// What the list says of a machine that it shows.
void note_facts(Draft& draft, Machine& machine, const CloudMachine& seen, TimePoint asked_at) {
  const Machine before = machine;
  machine.misses = 0;
  machine.provider_id = seen.id;
  if (!seen.address.empty()) machine.address = seen.address;
  note_billing(machine, seen, asked_at);
  // The answer to its release was lost, or it ends unasked: it is paid until then at the latest.
  const bool ends = seen.state == CloudState::kEnding || seen.state == CloudState::kGone;
  if (ends && !machine.billed_to) machine.billed_to = asked_at;
  const bool changed = before.misses != 0 || before.provider_id != machine.provider_id ||
                       before.address != machine.address ||
                       before.billed_from != machine.billed_from ||
                       before.billed_to != machine.billed_to;
  if (changed) draft.put(machine);
}

bool was_shown(const Machine& machine) {
  return !machine.address.empty() || machine.billed_from.has_value();
}

// What it says of one that it does not show.
CloudSide note_absence(Draft& draft, Machine& machine, const ProviderView& view, bool none_shown) {
  const auto asked_at = view.list->asked_at;
  // A list may lag behind an order; not behind what an earlier list showed.
  const auto shown_by =
      machine.ordered_at.value_or(machine.state_since) + view.capabilities.list_delay;
  if (!was_shown(machine) && asked_at < shown_by) return CloudSide::kNoNews;
  if (machine.release_asked_at && asked_at < *machine.release_asked_at) return CloudSide::kNoNews;
  ++machine.misses;
  draft.put(machine);
  if (none_shown) return CloudSide::kNoneShown;
  return machine.misses < kMissesCounted ? CloudSide::kMissed : CloudSide::kMissing;
}

void settle_unmade(Draft& draft, Machine machine, const Timing& timing) {
  machine.misses = 0;
  machine.not_before = draft.now() + seconds(5);
  draft.put(machine);
  const auto* found = draft.find_lease(machine.lease);
  if (found == nullptr || !is_out_of_calls(draft, machine.lease)) {
    draft.happen(machine, MachineEvent::kNotMade);
    return;
  }
  const CallOrder call{found->offer.provider, found->id, {machine.id}, found->offer, {}};
  note_order(draft,
             call,
             Error{ErrorCode::kNoCapacity, "orders come to nothing, without a refusal", {}},
             timing);
}

void move(Draft& draft, Machine machine, MachineEvent event, const char* kind, const char* why) {
  if (draft.happen(machine, event)) say(draft, machine, kind, why);
}

// Does what the row says of a machine.
void mend(Draft& draft, Machine machine, const MendRow& row, const Timing& timing) {
  switch (row.mend) {
    case Mend::kAccept:
    case Mend::kEndOnSight:
      draft.happen(machine, MachineEvent::kAccepted);
      say(draft, machine, "accepted", row.why + (": machine " + machine.provider_id));
      if (row.mend == Mend::kEndOnSight) release_machine(draft, machine, machine.reason);
      return;
    case Mend::kOrderAgain:
      say(draft, machine, "not-made", row.why);
      return settle_unmade(draft, machine, timing);
    case Mend::kDropIntent:
      return move(draft, machine, MachineEvent::kRefused, "not-made", row.why);
    case Mend::kReplace:
      return fail_machine(draft, machine, row.why, timing);
    case Mend::kLose:
      return move(draft, machine, MachineEvent::kVanished, "lost", row.why);
    case Mend::kEnd:
      return move(draft, machine, MachineEvent::kGone, "gone", row.why);
    case Mend::kRelease:
      machine.reason = row.why;
      draft.happen(machine, MachineEvent::kSeenAgain);
      return;
    default:  // what is done about strangers and nodes
      return;
  }
}

LedgerSide side_of_stranger(const Mark& mark, const std::string& ledger_tag) {
  if (mark.ledger != ledger_tag) return LedgerSide::kForeign;
  return mark.lease == kTrialLease ? LedgerSide::kTrial : LedgerSide::kNone;
}

// A lease and a machine of its own, to be released.
void adopt(Draft& draft,
           const Capabilities& capabilities,
           const std::string& provider,
           const CloudMachine& seen) {
  Lease lease;
  lease.offer = seen.offer;
  lease.offer.provider = provider;
  lease.price_per_hour = seen.price_per_hour.value_or(Money{});
  lease.billing = capabilities.billing;
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
}

// A machine that bears our mark and is in no open book.
void follow_stranger(Draft& draft,
                     const Picture& picture,
                     const std::string& provider,
                     const CloudMachine& seen,
                     Sightings& sightings) {
  const auto key = provider + "/" + seen.id;
  const Sight sight{side_of_stranger(seen.mark, draft.books().ledger_tag),
                    cloud_side(seen.state),
                    SlurmSide::kUnknown};
  const auto* row =
      judge_over_time(sightings.strangers, key, sight, picture.now, picture.config.timing);
  if (row == nullptr || row->mend != Mend::kAdopt) return;
  adopt(draft, picture.providers.at(provider).capabilities, provider, seen);
  Event event;
  event.kind = "orphan";
  event.lease = seen.mark.lease;
  event.text =
      "machine " + seen.id + " at " + provider + ", " + format_mark(seen.mark) + ", " + row->why;
  draft.say(std::move(event));
}

// One that comes back into the list begins anew.
void forget_strangers(Sightings& sightings,
                      const std::string& provider,
                      const std::map<std::string, const CloudMachine*>& shown) {
  std::erase_if(sightings.strangers, [&](const auto& entry) {
    const auto& key = entry.first;
    return key.starts_with(provider + "/") && !shown.contains(key.substr(provider.size() + 1));
  });
}

// The list is empty, and machines ran that nobody asked to end.
bool shows_none(const Draft& draft,
                const CloudList& list,
                const std::map<std::int64_t, const CloudMachine*>& entries) {
  return list.machines.empty() &&
         std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
           const auto* machine = draft.find_machine(entry.first);
           return was_shown(*machine) && !is_given_up(*machine);
         });
}

// What a list shows of a machine.
struct Shown {
  const CloudMachine* entry = nullptr;
  bool none = false;  // nor any other that ran
};

void follow_machine(Draft& draft,
                    const Picture& picture,
                    Machine machine,
                    const Shown& shown,
                    Sightings& sightings) {
  const auto& view = picture.providers.at(draft.find_lease(machine.lease)->offer.provider);
  const auto asked_at = view.list->asked_at;
  Sight sight;
  if (shown.entry != nullptr) {
    note_facts(draft, machine, *shown.entry, asked_at);
    sight.cloud = cloud_side(shown.entry->state);
  } else {
    sight.cloud = note_absence(draft, machine, view, shown.none);
  }
  if (sight.cloud == CloudSide::kNoNews) return;
  const auto& timing = picture.config.timing;
  sight.ledger = ledger_side(draft, machine, timing);
  sight.slurm = slurm_side(picture.slurm, machine.node);
  const auto* row = judge_over_time(sightings.listed, machine.id, sight, picture.now, timing);
  if (row == nullptr || row->mend == Mend::kNothing) return;
  const bool has_ended = sight.cloud != CloudSide::kThere && sight.cloud != CloudSide::kSick;
  const bool was_made = machine.state != MachineState::kOrdered;
  if (has_ended && was_made) machine.billed_to = machine.billed_to.value_or(asked_at);
  draft.put(machine);
  mend(draft, machine, *row, timing);
}

void follow_list(Draft& draft,
                 const Picture& picture,
                 const std::string& provider,
                 Sightings& sightings) {
  const auto& view = picture.providers.at(provider);
  ListIndex index(*view.list, picture.config, draft.books().ledger_tag);
  const auto entries = match(index, machines_at(draft, provider));
  const bool none_shown = shows_none(draft, *view.list, entries);
  for (const auto& [id, seen] : entries) {
    const Machine machine = *draft.find_machine(id);  // as its gang's fate has left it by now
    if (machine.state == MachineState::kOrdered && view.ordering) continue;
    if (machine.state == MachineState::kWanted || facts_of(machine.state).is_final) continue;
    follow_machine(draft, picture, machine, {seen, none_shown}, sightings);
  }
  forget_strangers(sightings, provider, index.left());
  for (const auto& [id, seen] : index.left())
    follow_stranger(draft, picture, provider, *seen, sightings);
}

// Its time passes without any news.
void keep_boot_deadline(Draft& draft, const Picture& picture, Sightings& sightings) {
  const auto& timing = picture.config.timing;
  const auto machines = draft.books().machines;  // a copy: failures change the books
  for (const auto& [id, listed] : machines) {
    // An earlier failure of the same gang may have released it in this loop.
    const auto* machine = draft.find_machine(id);
    if (machine == nullptr || machine->state != listed.state) continue;
    const auto side = ledger_side(draft, *machine, timing);
    if (side != LedgerSide::kOverdue && side != LedgerSide::kLate) continue;
    const Sight sight{side, CloudSide::kNoNews, slurm_side(picture.slurm, machine->node)};
    const auto* row = judge_over_time(sightings.listed, id, sight, picture.now, timing);
    if (row != nullptr) mend(draft, *machine, *row, timing);
  }
}

void forget_machines(const Books& books, Sightings& sightings) {
  const auto is_closed = [&](const auto& entry) { return !books.machines.contains(entry.first); };
  std::erase_if(sightings.listed, is_closed);
  std::erase_if(sightings.in_slurm, is_closed);
}

}  // namespace

void follow_machines(Draft& draft, const Picture& picture, Sightings& sightings) {
  for (auto& [name, view] : picture.providers) {
    if (!view.list || !view.list_is_new) continue;
    follow_list(draft, picture, name, sightings);
    view.list_is_new = false;
  }
  keep_boot_deadline(draft, picture, sightings);
  forget_machines(draft.books(), sightings);
}

}  // namespace spillway
