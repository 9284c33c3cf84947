// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/cloud_lane.h"

#include <algorithm>
#include <utility>

namespace spillway::simulation {
namespace {

using F = FaultKind;

// So long a driver waits for an answer.
constexpr seconds kTimeout{15};

Error transient(const std::string& what) {
  return Error{ErrorCode::kTransient, what, {}};
}

Error refusal(const Fault& fault) {
  constexpr ErrorCode kCodes[] = {ErrorCode::kNoCapacity,
                                  ErrorCode::kNoCapacity,
                                  ErrorCode::kNoCapacity,
                                  ErrorCode::kQuota,
                                  ErrorCode::kBalance,
                                  ErrorCode::kUnauthorized,
                                  ErrorCode::kInvalid};
  return Error{kCodes[fault.dice % std::size(kCodes)], "refused", {}};
}

}  // namespace

CloudLane::CloudLane(Scene& scene, int number, CloudWatcher& watcher, Post post)
    : scene_(scene),
      number_(number),
      watcher_(watcher),
      post_(std::move(post)),
      cloud_(scene.plan.clouds[static_cast<std::size_t>(number)].model, scene.clock, faults_),
      provider_(scene.plan.clouds[static_cast<std::size_t>(number)].driver, cloud_, scene.clock) {}

void CloudLane::start() {
  ++life_;
  offers_due_ = machines_due_ = scene_.clock.now();
  pump();
}

void CloudLane::stop() {
  ++life_;
  busy_ = false;
  queue_.clear();
}

void CloudLane::order(OrderCommand command) {
  queue_.emplace_back(std::move(command));
  pump();
}

void CloudLane::release(ReleaseCommand command) {
  for (const auto& id : command.call.ids)
    released_by_.emplace(id, scene_.slurm_read_at);
  queue_.emplace_back(std::move(command));
  pump();
}

void CloudLane::pump() {
  if (busy_ || life_ % 2 == 0) return;
  const auto now = scene_.clock.now();
  if (!queue_.empty()) {
    Call call = std::move(queue_.front());
    queue_.pop_front();
    return begin(std::move(call));
  }
  if (machines_due_ <= now && machines_due_ <= offers_due_) {
    machines_due_ = now + scene_.plan.config.timing.machines_every;
    return begin(Question::kMachines);
  }
  if (offers_due_ <= now) {
    offers_due_ = now + scene_.plan.config.timing.offers_every;
    return begin(Question::kOffers);
  }
  if (pump_set_) return;
  pump_set_ = true;
  scene_.queue.at(std::min(machines_due_, offers_due_), [this] {
    pump_set_ = false;
    pump();
  });
}

void CloudLane::begin(Call call) {
  busy_ = true;
  begun_at_ = scene_.host_clock.now();
  auto arrives = scene_.clock.now() + scene_.dice.within(milliseconds(20), milliseconds(400));
  if (std::holds_alternative<OrderCommand>(call)) {
    arrives = std::max(arrives, next_order_);
    next_order_ = arrives + provider_.capabilities().between_orders;
  }
  scene_.queue.at(arrives, [this, call = std::move(call), life = life_] { arrive(call, life); });
}

// A call that had left when the broker died may still arrive; its answer finds nobody.
void CloudLane::arrive(const Call& call, int life) {
  if (life != life_ && scene_.dice.chance(50)) return;
  if (life != life_) {
    if (const auto* order = std::get_if<OrderCommand>(&call); order != nullptr && !is_out())
      (void)static_cast<bool>(carry_out(*order));
    if (const auto* release = std::get_if<ReleaseCommand>(&call); release != nullptr && !is_out())
      (void)static_cast<bool>(carry_out(*release));
    return;
  }
  std::visit([this](const auto& each) { arrive(each); }, call);
}

void CloudLane::arrive(const OrderCommand& command) {
  if (is_out()) return answer(OrderDone{command.call, no_answer()}, kTimeout);
  const auto fault = scene_.traps.take_any({F::kOrderRefused,
                                            F::kOrderFails,
                                            F::kOrderRateLimited,
                                            F::kOrderUnanswered,
                                            F::kOrderAnswerLost,
                                            F::kOrderLate,
                                            F::kOrderDoubled,
                                            F::kOrderFewer,
                                            F::kOrderNonsense,
                                            F::kOrderSlow},
                                           number_);
  if (fault) return order_with_fault(command, *fault);
  answer(OrderDone{command.call, carry_out(command)});
}

void CloudLane::order_with_fault(const OrderCommand& command, const Fault& fault) {
  scene_.strike(fault, format_mark(command.spec.mark));
  const auto& call = command.call;
  switch (fault.kind) {
    case F::kOrderRefused:
      return answer(OrderDone{call, refusal(fault)});
    case F::kOrderFails:
      return answer(OrderDone{call, transient("connection refused")});
    case F::kOrderRateLimited:
      return answer(OrderDone{call, Error{ErrorCode::kRateLimited, "too early", seconds(7)}});
    case F::kOrderUnanswered:
      return answer(OrderDone{call, no_answer()}, kTimeout);
    case F::kOrderLate:
      scene_.queue.in(kTimeout + fault.span,
                      [this, command] { (void)static_cast<bool>(carry_out(command)); });
      return answer(OrderDone{call, no_answer()}, kTimeout);
    case F::kOrderFewer: {
      OrderCommand fewer = command;
      fewer.spec.machines = std::max(1, command.spec.machines - 1);
      return answer(OrderDone{call, carry_out(fewer)});
    }
    case F::kOrderNonsense:
      if (fault.dice % 2 == 0) (void)static_cast<bool>(carry_out(command));
      return answer(OrderDone{call, Error{ErrorCode::kProtocol, "half an answer", {}}});
    default:
      break;
  }
  const auto ordered = carry_out(command);
  if (fault.kind == F::kOrderDoubled) (void)static_cast<bool>(carry_out(command));
  if (fault.kind == F::kOrderAnswerLost) return answer(OrderDone{call, no_answer()}, kTimeout);
  answer(OrderDone{call, ordered}, fault.kind == F::kOrderSlow ? fault.span : milliseconds(0));
}

void CloudLane::arrive(const ReleaseCommand& release) {
  const auto& call = release.call;
  if (is_out()) return answer(ReleaseDone{call, no_answer()}, kTimeout);
  const auto fault = scene_.traps.take_any({F::kReleaseFails,
                                            F::kReleaseUnanswered,
                                            F::kReleaseAnswerLost,
                                            F::kReleaseIgnored,
                                            F::kReleaseNonsense,
                                            F::kReleaseSlow},
                                           number_);
  if (fault) return release_with_fault(release, *fault);
  answer(ReleaseDone{call, carry_out(release)});
}

void CloudLane::release_with_fault(const ReleaseCommand& release, const Fault& fault) {
  scene_.strike(fault);
  const auto& call = release.call;
  switch (fault.kind) {
    case F::kReleaseFails:
      return answer(ReleaseDone{call, transient("connection refused")});
    case F::kReleaseUnanswered:
      return answer(ReleaseDone{call, no_answer()}, kTimeout);
    case F::kReleaseIgnored:
      return answer(ReleaseDone{call, Released{scene_.clock.now(), call.ids}});
    case F::kReleaseNonsense:
      if (fault.dice % 2 == 0) (void)static_cast<bool>(carry_out(release));
      return answer(ReleaseDone{call, Error{ErrorCode::kProtocol, "half an answer", {}}});
    default:
      break;
  }
  const auto answered = carry_out(release);
  if (fault.kind == F::kReleaseAnswerLost) return answer(ReleaseDone{call, no_answer()}, kTimeout);
  answer(ReleaseDone{call, answered}, fault.span);
}

void CloudLane::arrive(Question question) {
  const auto asked_at = begun_at_;
  const auto& name = provider_.name();
  if (question == Question::kOffers) {
    if (is_out()) return answer(OffersSeen{name, asked_at, no_answer()}, kTimeout);
    if (const auto fault = scene_.traps.take(F::kOffersFail, number_)) {
      scene_.strike(*fault);
      return answer(OffersSeen{name, asked_at, transient("HTTP 502")});
    }
    return answer(OffersSeen{name, asked_at, provider_.offers()});
  }
  if (is_out()) return answer(MachinesSeen{name, asked_at, no_answer()}, kTimeout);
  auto machines = list();
  const auto slow = machines ? scene_.traps.take(F::kListSlow, number_) : std::nullopt;
  if (slow) scene_.strike(*slow);
  answer(MachinesSeen{name, asked_at, std::move(machines)}, slow ? slow->span : milliseconds(0));
}

Result<std::vector<CloudMachine>> CloudLane::list() {
  auto machines = provider_.machines(scene_.plan.config.cluster);
  if (const auto fault = scene_.traps.take(F::kListFails, number_)) {
    scene_.strike(*fault);
    return transient("page 2 of the list: HTTP 500");
  }
  if (!machines || machines->empty()) return machines;
  const auto size = static_cast<std::uint64_t>(machines->size());
  if (const auto fault = scene_.traps.take(F::kListRepeats, number_)) {
    const auto twice = (*machines)[fault->dice % size];
    scene_.strike(*fault, twice.id);
    machines->push_back(twice);
  }
  watcher_.after_list(number_, *machines);
  if (const auto fault = scene_.traps.take(F::kListMisses, number_)) {
    const auto missed = machines->begin() + static_cast<std::ptrdiff_t>(fault->dice % size);
    scene_.strike(*fault, missed->id);
    machines->erase(missed);
  }
  return machines;
}

Error CloudLane::no_answer() const {
  return Error{ErrorCode::kUnknownOutcome, "no answer within 15 s", {}};
}

Result<Ordered> CloudLane::carry_out(const OrderCommand& command) {
  watcher_.before_order(number_, command.spec);
  auto ordered = provider_.order(command.spec);
  if (scene_.history.is_kept()) {
    say("order " + format_mark(command.spec.mark) + ": " +
        (ordered
             ? std::to_string(ordered->ids.size()) + " machines, " + ordered->ids.front() + "..."
             : ordered.error().message));
  }
  return ordered;
}

Result<Released> CloudLane::carry_out(const ReleaseCommand& release) {
  const auto& asked = release.call.ids;
  for (const auto& id : asked)
    watcher_.before_release(number_, id, released_by_.at(id));
  auto released = provider_.release(asked);
  if (scene_.history.is_kept()) {
    std::string ids;
    for (const auto& id : released->accepted)
      ids += " " + id;
    say("ends" + (ids.empty() ? " nothing" : ids));
  }
  return released;
}

void CloudLane::answer(Observation observation, milliseconds later) {
  const auto delay = later + scene_.dice.within(milliseconds(20), milliseconds(400));
  scene_.queue.in(delay, [this, observation = std::move(observation), life = life_] {
    if (life != life_) return;
    busy_ = false;
    if (std::holds_alternative<OrderDone>(observation) ||
        std::holds_alternative<ReleaseDone>(observation)) {
      machines_due_ = scene_.clock.now();
    }
    post_(observation);
    pump();
  });
}

void CloudLane::sell_out() {
  if (!stock_.empty()) return;
  for (const auto& type : cloud_.settings().types)
    stock_[type.name] = type.capacity;
  for (const auto& [type, capacity] : stock_) {
    for (const auto& [region, count] : capacity)
      (void)static_cast<bool>(cloud_.set_capacity(type, region, 0));
  }
}

void CloudLane::restock() {
  for (const auto& [type, capacity] : std::exchange(stock_, {})) {
    for (const auto& [region, count] : capacity)
      (void)static_cast<bool>(cloud_.set_capacity(type, region, count));
  }
}

void CloudLane::say(const std::string& what) const {
  scene_.history.note(provider_.name(), what);
}

}  // namespace spillway::simulation
