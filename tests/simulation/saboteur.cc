// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/saboteur.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace spillway::simulation {
namespace {

using P = Planted;

constexpr int kTries = 3;
constexpr std::chrono::minutes kMuchLater{10};

}  // namespace

void Saboteur::spoil(Observation& observation) {
  if (planted_ == P::kNothing) return;
  if (auto* seen = std::get_if<MachinesSeen>(&observation)) return spoil_list(*seen);
  if (auto* done = std::get_if<OrderDone>(&observation)) return spoil_order_answer(*done);
  if (auto* seen = std::get_if<SlurmSeen>(&observation); seen != nullptr && seen->view) {
    for (auto& [name, node] : seen->view->nodes)
      node.draining = node.draining && planted_ != P::kDrainIgnored;
    return;
  }
  auto* done = std::get_if<ReleaseDone>(&observation);
  if (done == nullptr) return;
  if (done->answer) {
    accepted_.insert(done->answer->accepted.begin(), done->answer->accepted.end());
    if (planted_ == P::kEndBilledLate)
      done->answer = Released{done->answer->at + kMuchLater, done->answer->accepted};
  } else if (planted_ == P::kUnansweredIsDone) {
    accepted_.insert(done->call.ids.begin(), done->call.ids.end());
    done->answer = Released{TimePoint{}, done->call.ids};
  }
}

void Saboteur::spoil_list(MachinesSeen& seen) {
  if (planted_ == P::kListErrorIsEmpty && !seen.machines)
    seen.machines = std::vector<CloudMachine>{};
  if (!seen.machines) return;
  auto machines = *seen.machines;
  switch (planted_) {
    case P::kReleaseAcceptedIsGone:
    case P::kUnansweredIsDone:
      std::erase_if(machines, [&](const auto& each) { return accepted_.contains(each.id); });
      break;
    case P::kListIsHalf:
      machines.resize((machines.size() + 1) / 2);
      break;
    case P::kListIgnoresLedger:
      for (auto& machine : machines)
        machine.mark.ledger = "5eed00";
      break;
    default:
      break;
  }
  if (!machines.empty()) last_listed_ = machines.front().id;
  seen.machines = std::move(machines);
}

void Saboteur::spoil_order_answer(OrderDone& done) {
  const auto call = done.call;
  switch (planted_) {
    case P::kAnswerToWrongLease:
      if (last_call_) done.call = *last_call_;
      break;
    case P::kAnswerToWrongMachines:
      if (done.answer && !last_listed_.empty()) {
        auto ordered = *done.answer;
        ordered.ids.front() = last_listed_;
        done.answer = ordered;
      }
      break;
    case P::kUnansweredIsFailed:
      if (!done.answer && done.answer.error().code == ErrorCode::kUnknownOutcome)
        done.answer = Error{ErrorCode::kTransient, done.answer.error().message, {}};
      break;
    default:
      break;
  }
  last_call_ = call;
}

void Saboteur::spoil(Dispatch& dispatch, const JoinTokens& tokens) {
  switch (planted_) {
    case P::kOrderSentTwice:
      if (!dispatch.orders.empty()) dispatch.orders.push_back(dispatch.orders.front());
      break;
    case P::kOrderOfOneMore:
      for (auto& command : dispatch.orders)
        ++command.spec.machines;
      break;
    case P::kTokenOfAnotherLease:
      for (auto& command : dispatch.orders) {
        const auto token = tokens.make(command.call.lease + 1).reveal();
        auto& text = command.spec.user_data;
        text.replace(text.find(tokens.make(command.call.lease).reveal()), token.size(), token);
      }
      break;
    default:
      break;
  }
  spoil_releases(dispatch.releases);
}

void Saboteur::spoil_releases(std::vector<ReleaseCommand>& releases) {
  for (auto& command : releases) {
    auto& ids = command.call.ids;
    if (planted_ == P::kReleaseGivenUp) {
      std::erase_if(ids, [&](const auto& id) { return ++releases_[id] > kTries; });
    }
    if (planted_ == P::kReleaseOfAnother && !last_listed_.empty()) ids.front() = last_listed_;
  }
}

void Saboteur::spoil(Policy& policy, const Policy& true_policy, const Books& books) const {
  if (planted_ != P::kCapCountsBilled || !true_policy.limits.machines) return;
  const auto unbilled =
      std::count_if(books.machines.begin(), books.machines.end(), [](const auto& entry) {
        return entry.second.state == MachineState::kOrdered || !entry.second.billed_from;
      });
  policy.limits.machines = *true_policy.limits.machines + static_cast<int>(unbilled);
}

bool Saboteur::holds_back(const Changes& changes) const {
  if (planted_ != P::kIntentAfterCall) return false;
  return std::any_of(changes.machines.begin(), changes.machines.end(), [](const auto& machine) {
    return machine.state == MachineState::kOrdered;
  });
}

}  // namespace spillway::simulation
