// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "core/gang.h"
#include "core/hostlist.h"
#include "core/steps.h"

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr seconds kAskAgain{15};          // not accepted yet
constexpr seconds kAskAgainAccepted{60};  // accepted, and still there
constexpr std::size_t kMostInOneCall = 50;

bool is_due(const Machine& machine, TimePoint now) {
  if (machine.state != MachineState::kReleasing || machine.provider_id.empty()) return false;
  if (!machine.release_asked_at) return true;
  return now >= *machine.release_asked_at + (machine.billed_to ? kAskAgainAccepted : kAskAgain);
}

void ask(Draft& draft, Machine machine, CallRelease& call) {
  const bool first = machine.releases_asked == 0;
  machine.release_asked_at = draft.now();
  ++machine.releases_asked;
  draft.put(machine);
  call.machines.push_back(machine.id);
  call.ids.push_back(machine.provider_id);
  if (!first) return;
  Event event;
  event.kind = "release";
  event.lease = machine.lease;
  event.node = machine.node;
  if (const auto* lease = draft.find_lease(machine.lease)) event.job = lease->job;
  event.text = machine.reason;
  draft.say(std::move(event));
}

}  // namespace

void release_machines(Draft& draft, const Picture& picture, Plan& plan) {
  std::map<std::string, CallRelease> calls;
  const auto machines = draft.books().machines;
  for (const auto& [id, listed] : machines) {
    Machine machine = listed;
    if (machine.state == MachineState::kFailed) draft.happen(machine, MachineEvent::kRelease);
    const auto* lease = draft.find_lease(machine.lease);
    if (lease == nullptr || !is_due(machine, draft.now())) continue;
    const auto view = picture.providers.find(lease->offer.provider);
    if (view == picture.providers.end() || view->second.releasing) continue;
    auto& call = calls[lease->offer.provider];
    call.provider = lease->offer.provider;
    if (call.ids.size() < kMostInOneCall) ask(draft, machine, call);
  }
  for (auto& [provider, call] : calls)
    plan.releases.push_back(std::move(call));
}

}  // namespace spillway
