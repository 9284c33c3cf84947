// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/outcomes.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <set>

#include "core/cooldown.h"
#include "core/gang.h"
#include "core/hostlist.h"
#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr std::size_t kLongestWords = 300;
constexpr seconds kPauseAfterTransient{5};
constexpr std::int64_t kFruitlessCalls = 4;

// The call's machines that still wait for its answer.
std::vector<Machine> waiting_machines(const Draft& draft, const CallOrder& call) {
  std::vector<Machine> machines;
  for (const auto id : call.machines) {
    const auto* machine = draft.find_machine(id);
    if (machine != nullptr && machine->state == MachineState::kOrdered)
      machines.push_back(*machine);
  }
  return machines;
}

std::string nodes_text(const std::vector<Machine>& machines) {
  std::vector<std::string> nodes;
  for (const auto& machine : machines) {
    if (!machine.node.empty()) nodes.push_back(machine.node);
  }
  return format_hostlist(nodes);
}

void say_of_order(Draft& draft,
                  const CallOrder& call,
                  const std::string& kind,
                  const std::string& text) {
  Event event;
  event.kind = kind;
  event.lease = call.lease;
  if (const auto* lease = draft.find_lease(call.lease)) event.job = lease->job;
  event.node = nodes_text(waiting_machines(draft, call));
  event.text = text;
  draft.say(std::move(event));
}

// Back to wanted, to be ordered again under a new mark after `pause`.
void want_again(Draft& draft, const CallOrder& call, seconds pause, const std::string& why) {
  for (auto machine : waiting_machines(draft, call)) {
    if (machine.unwanted) {
      draft.happen(machine, MachineEvent::kRefused);
      continue;
    }
    machine.not_before = draft.now() + pause;
    machine.reason = why;
    draft.happen(machine, MachineEvent::kNotMade);
  }
}

// The cloud had machines for the whole gang: to take some of its orders says nothing yet.
bool is_all_taken(const Draft& draft, std::int64_t lease) {
  const auto machines = draft.machines_of(lease);
  return std::none_of(machines.begin(), machines.end(), [](const auto& machine) {
    return machine.state == MachineState::kWanted || machine.state == MachineState::kOrdered;
  });
}

void note_taken(Draft& draft, const CallOrder& call, const OrderAnswer& answer) {
  say_of_order(draft,
               call,
               "accepted",
               format_offer_id(call.offer) + " gave " + std::to_string(answer.ids.size()) + " of " +
                   std::to_string(call.machines.size()) + " machines");
  std::size_t next = 0;
  for (auto machine : waiting_machines(draft, call)) {
    if (next == answer.ids.size()) {
      // Fewer than asked. The cloud may take no more in one call, so the rest is asked for once
      // more; that there is no more it then says, and the gang as a whole goes elsewhere.
      draft.happen(machine, MachineEvent::kNotMade);
      continue;
    }
    machine.provider_id = answer.ids[next++];
    machine.ordered_at = draft.now();  // the list's delay counts from the end of the call
    draft.happen(machine, MachineEvent::kAccepted);
    if (machine.unwanted) release_machine(draft, machine, machine.reason);
  }
  if (is_all_taken(draft, call.lease)) note_order_success(draft, call.offer);
}

void note_refused(Draft& draft, const CallOrder& call, const Error& error, const Timing& timing) {
  const auto cooldown = note_refusal(draft, call.offer, error, timing);
  const auto words = printable(error.message, kLongestWords);
  say_of_order(
      draft,
      call,
      "refused",
      words + "; cool-down of " +
          format_duration(std::chrono::duration_cast<seconds>(cooldown.until - draft.now())) +
          " for " + format_offer_id(cooldown.offer));
  // The refused ones never came to be; back to wanted so that the detour takes their nodes along.
  want_again(draft, call, seconds(0), words);
  if (const auto* lease = draft.find_lease(call.lease)) detour(draft, Lease(*lease), words);
}

void note_accepted(Draft& draft,
                   const CallOrder& call,
                   const OrderAnswer& answer,
                   const Timing& timing) {
  if (!answer.ids.empty()) return note_taken(draft, call, answer);
  note_refused(draft,
               call,
               Error{ErrorCode::kNoCapacity, "the order was taken, and no machine given", {}},
               timing);
}

// A call that certainly had no effect is repeated, until the cloud has had its chances.
void note_unsent(Draft& draft, const CallOrder& call, const Error& error, const Timing& timing) {
  const auto words = printable(error.message, kLongestWords);
  if (is_out_of_calls(draft, call.lease)) {
    return note_refused(draft, call, Error{ErrorCode::kNoCapacity, words, {}}, timing);
  }
  say_of_order(draft, call, "unsent", words);
  want_again(draft, call, kPauseAfterTransient, error.message);
}

void note_unknown(Draft& draft, const CallOrder& call, const Error& error) {
  say_of_order(draft,
               call,
               "unanswered",
               printable(error.message, kLongestWords) + "; the cloud's list will tell");
  for (auto machine : waiting_machines(draft, call)) {
    machine.ordered_at = draft.now();  // the list's delay counts from the end of the call
    machine.not_before = draft.now();  // its call is over
    draft.put(machine);
  }
}

// The first call for a machine, the second, the fourth, the eighth: it may go on for days.
bool is_worth_telling(const Draft& draft, const CallRelease& call) {
  return std::any_of(call.machines.begin(), call.machines.end(), [&](const auto id) {
    const auto* machine = draft.find_machine(id);
    return machine != nullptr &&
           std::has_single_bit(static_cast<unsigned>(machine->releases_asked));
  });
}

}  // namespace

void note_open_orders(Draft& draft, const std::set<std::string>& under_way) {
  const auto machines = draft.books().machines;  // a copy: the books change
  for (const auto& [id, listed] : machines) {
    const auto* lease = draft.find_lease(listed.lease);
    if (listed.state != MachineState::kOrdered || lease == nullptr) continue;
    if (listed.not_before) continue;  // over already, as its answer or an earlier reading said
    if (under_way.contains(lease->offer.provider)) continue;
    Machine machine = listed;
    machine.ordered_at = machine.not_before = draft.now();
    draft.put(machine);
    Event event;
    event.kind = "unanswered";
    event.job = lease->job;
    event.lease = lease->id;
    event.node = machine.node;
    event.text = "the order was open when the ledger was read; the cloud's list will tell";
    draft.say(std::move(event));
  }
}

bool is_out_of_calls(const Draft& draft, std::int64_t lease) {
  const auto* found = draft.find_lease(lease);
  std::set<std::int64_t> fruitful;
  for (const auto& machine : draft.machines_of(lease)) {
    if (!machine.provider_id.empty()) fruitful.insert(machine.call);
  }
  return found != nullptr &&
         found->calls >= static_cast<std::int64_t>(fruitful.size()) + kFruitlessCalls;
}

void note_order(Draft& draft,
                const CallOrder& call,
                const Result<OrderAnswer>& answer,
                const Timing& timing) {
  if (answer) return note_accepted(draft, call, *answer, timing);
  const auto& error = answer.error();
  switch (error.code) {
    case ErrorCode::kRateLimited:
      return want_again(
          draft, call, error.retry_after.value_or(kPauseAfterTransient), error.message);
    case ErrorCode::kTransient:
    case ErrorCode::kIo:
      return note_unsent(draft, call, error, timing);
    case ErrorCode::kUnknownOutcome:
    case ErrorCode::kProtocol:
      return note_unknown(draft, call, error);
    case ErrorCode::kInvalid:
    case ErrorCode::kNotFound:
    case ErrorCode::kNoCapacity:
    case ErrorCode::kQuota:
    case ErrorCode::kBalance:
    case ErrorCode::kUnauthorized:
      return note_refused(draft, call, error, timing);
  }
}

void note_release(Draft& draft, const CallRelease& call, const Result<ReleaseAnswer>& answer) {
  if (!answer) {
    if (!is_worth_telling(draft, call)) return;
    Event event;
    event.kind = "release-unanswered";
    event.text = printable(answer.error().message, kLongestWords) + "; asked again";
    return draft.say(std::move(event));
  }
  for (const auto id : call.machines) {
    const auto* found = draft.find_machine(id);
    if (found == nullptr || found->state != MachineState::kReleasing) continue;
    const auto& accepted = answer->accepted;
    if (std::find(accepted.begin(), accepted.end(), found->provider_id) == accepted.end()) continue;
    Machine machine = *found;
    if (!machine.billed_to) machine.billed_to = answer->at;
    draft.put(machine);
  }
}

}  // namespace spillway
