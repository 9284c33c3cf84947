// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/head_node.h"

#include <utility>

namespace spillway::simulation {
namespace {

using F = FaultKind;

constexpr const char* kLedgerTag = "5eed00";
constexpr const char* kPin = "sha256//pin";
// systemd starts a broker again that could not start.
constexpr seconds kStartAgain{5};

std::map<std::string, Capabilities> capabilities_of(const RunPlan& plan) {
  std::map<std::string, Capabilities> capabilities;
  for (const auto& cloud : plan.clouds)
    capabilities[cloud.model.provider] = cloud.driver.capabilities;
  return capabilities;
}

}  // namespace

HeadNode::HeadNode(Scene& scene, Wires wires)
    : scene_(scene),
      wires_(std::move(wires)),
      config_(scene.plan.config),
      saboteur_(scene.plan.planted),
      ledger_(kLedgerTag),
      tokens_(Secret(std::string(64, 'a'))) {
  ledger_.fate = [this] { return next_fate(); };
  ledger_.holds_back = [this](const Changes& changes) { return saboteur_.holds_back(changes); };
  if (scene.plan.on_disk) disk_.emplace(ledger_, scene.plan.seed);
  if (disk_ && scene.plan.planted == Planted::kSyncForgotten) disk_->forget_syncs();
}

Ledger& HeadNode::ledger_in_use() {
  if (disk_) return *disk_;
  return ledger_;
}

void HeadNode::start_broker() {
  ledger_.revive();
  auto made = Broker::make(
      {config_, ledger_in_use(), scene_.host_clock, tokens_, kPin, capabilities_of(scene_.plan)});
  if (!made) return scene_.queue.in(kStartAgain, [this] { start_broker(); });
  broker_ = *std::move(made);
  ++life_;
  scene_.history.note("broker", "starts");
  wires_.start();
  wake();
}

void HeadNode::kill_broker(milliseconds down_for) {
  if (!broker_) return;
  broker_.reset();
  ++life_;
  wires_.stop();
  if (disk_) disk_->lose_power();
  scene_.queue.in(down_for, [this] { start_broker(); });
}

CommitFate HeadNode::next_fate() {
  if (scene_.clock.now() < full_until_) return CommitFate::kRefused;
  if (scene_.traps.empty()) return CommitFate::kDone;
  const auto fault =
      scene_.traps.take_any({F::kCrashBeforeCommit, F::kCrashAfterCommit, F::kDiskFails});
  if (!fault) return CommitFate::kDone;
  scene_.strike(*fault);
  down_for_ = fault->span;
  switch (fault->kind) {
    case F::kCrashBeforeCommit:
      return CommitFate::kDiesBefore;
    case F::kCrashAfterCommit:
      return CommitFate::kDiesAfter;
    default:
      return CommitFate::kRefusedWritten;
  }
}

bool HeadNode::survived() {
  note_events();
  if (!ledger_.is_dead()) return true;
  kill_broker(down_for_);
  ledger_.revive();  // the power-save programs can write it, broker or not
  return false;
}

void HeadNode::note_told(const Observation& observation) {
  const auto* seen = std::get_if<MachinesSeen>(&observation);
  if (seen == nullptr || !seen->machines) return;
  for (const auto& machine : *seen->machines) {
    if (machine.billed_from) scene_.told.insert(seen->provider + "/" + machine.id);
  }
}

void HeadNode::post(Observation observation) {
  if (!broker_) return;
  note_told(observation);
  saboteur_.spoil(observation);
  broker_->take(std::move(observation));
  if (survived()) wake();
}

std::optional<Result<JoinReply>> HeadNode::join(const Secret& token, const std::string& address) {
  if (!broker_) return std::nullopt;
  JoinFacts facts;
  facts.addresses = {address};
  auto reply = broker_->join(token, address, facts);
  if (!survived()) return std::nullopt;
  wake();
  return reply;
}

std::optional<Status> HeadNode::ready(const Secret& token, const std::string& address) {
  if (!broker_) return std::nullopt;
  const auto ready = broker_->ready(token, address);
  const auto answer = ready ? Status() : Status(ready.error());
  if (!survived()) return std::nullopt;
  wake();
  return answer;
}

std::optional<Status> HeadNode::unhealthy(const Secret& token, const std::string& address) {
  if (!broker_) return std::nullopt;
  auto answer = broker_->unhealthy(token, address, "gpus: 7 of 8", "");
  if (!survived()) return std::nullopt;
  wake();
  return answer;
}

void HeadNode::append(const SimPowerCall& call) {
  if (scene_.clock.now() < full_until_) return;
  Request request;
  request.kind = call.kind;
  request.nodes = call.nodes;
  request.resume_file = call.resume_file;
  request.received_at = scene_.host_clock.now();
  (void)static_cast<bool>(ledger_in_use().append_request(request));
  wake();
}

void HeadNode::retry_all() {
  Changes changes;
  for (const auto& cloud : scene_.plan.clouds)
    changes.retries.push_back({0, cloud.model.provider, "admin", scene_.host_clock.now()});
  (void)static_cast<bool>(ledger_in_use().commit(changes));
  wake();
}

// Word that comes at about the same time is taken in one turn.
void HeadNode::wake() {
  if (!broker_ || turn_set_) return;
  turn_set_ = true;
  scene_.queue.in(scene_.dice.within(milliseconds(0), scene_.plan.turn_within), [this] {
    turn_set_ = false;
    turn();
  });
}

void HeadNode::turn() {
  if (!broker_) return;
  ++turns_;
  saboteur_.spoil(config_.policy, scene_.plan.config.policy, ledger_.open());
  auto dispatch = broker_->turn();
  saboteur_.spoil(dispatch, tokens_);
  if (survived()) carry_out(std::move(dispatch));
  if (!broker_) return;
  // The timer of the daemon's loop begins anew after each turn.
  scene_.queue.in(scene_.plan.turn_every, [this, turn = turns_] {
    if (turn == turns_) wake();
  });
}

void HeadNode::carry_out(Dispatch dispatch) {
  const auto work = static_cast<int>(dispatch.orders.size() + dispatch.releases.size()) +
                    (dispatch.slurm ? 1 : 0);
  const auto crash = work == 0 ? std::nullopt : scene_.traps.take(F::kCrashInDispatch);
  int left = crash ? static_cast<int>(crash->dice % static_cast<std::uint64_t>(work)) : work;
  for (auto& command : dispatch.orders) {
    if (left-- > 0) wires_.order(std::move(command));
  }
  for (auto& command : dispatch.releases) {
    if (left-- > 0) wires_.release(std::move(command));
  }
  if (dispatch.slurm && left-- > 0) wires_.change_slurm(*std::move(dispatch.slurm));
  if (crash) {
    scene_.strike(*crash);
    return kill_broker(crash->span);
  }
  if (dispatch.decisions) wires_.write_decisions(*dispatch.decisions);
}

void HeadNode::note_events() {
  const auto& events = ledger_.all_events();
  for (; events_noted_ < events.size(); ++events_noted_) {
    const auto& event = events[events_noted_];
    scene_.history.mix(event.kind.size());
    scene_.history.mix(static_cast<std::uint64_t>(event.lease));
    if (!scene_.history.is_kept()) continue;
    std::string line = event.kind;
    if (event.job != 0) line += " job=" + std::to_string(event.job);
    if (event.lease != 0) line += " lease=" + std::to_string(event.lease);
    if (!event.node.empty()) line += " nodes=" + event.node;
    scene_.history.note("broker", line + ": " + event.text);
  }
}

}  // namespace spillway::simulation
