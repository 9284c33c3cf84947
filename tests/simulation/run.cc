// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/run.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "tests/simulation/guests.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/mischief.h"
#include "tests/simulation/settling.h"

namespace spillway::simulation {
namespace {

constexpr seconds kRoundEvery{3};  // slurmctld's threads, and what happens in clouds by itself
constexpr int kChecksEvery = 5;    // rounds

class Run {
 public:
  Run(const RunPlan& plan, Keeping keeping)
      : scene_(plan, keeping == Keeping::kHistory),
        invariants_(scene_),
        slurm_(
            scene_,
            invariants_,
            [this](const Observation& seen) { head_.post(seen); },
            [this](const SimPowerCall& call) { head_.append(call); }),
        head_(scene_, make_wires()),
        guests_(scene_, head_, slurm_),
        site_{scene_, head_, slurm_, lanes_},
        mischief_(scene_, head_, slurm_, lanes_, invariants_) {
    for (std::size_t i = 0; i < plan.clouds.size(); ++i) {
      lanes_.push_back(std::make_unique<CloudLane>(
          scene_, static_cast<int>(i), invariants_, [this](const Observation& seen) {
            head_.post(seen);
          }));
    }
    invariants_.watch(site_);
  }

  Outcome play() {
    place_foreign_machines();
    for (const auto& job : scene_.plan.jobs) {
      scene_.queue.at(kStart + job.at,
                      [this, &job] { slurm_.slurm().submit(job.job, job.runs_for); });
    }
    for (const auto& fault : scene_.plan.faults)
      scene_.queue.at(kStart + fault.at, [this, &fault] { mischief_.begin(fault); });
    scene_.queue.at(kStart + kCalmAfter, [this] { mischief_.end_all(); });
    head_.start_broker();
    round();
    while (!over_ && scene_.violated.empty() && scene_.queue.step()) {
    }
    if (scene_.violated.empty()) invariants_.check_at_end();
    if (!scene_.violated.empty()) note_standing(site_, scene_.history);
    return outcome();
  }

 private:
  Wires make_wires() {
    return {
        [this] { each_lane([](auto& lane) { lane.start(); }); },
        [this] { each_lane([](auto& lane) { lane.stop(); }); },
        [this](OrderCommand command) { lane_of(command.call.provider).order(std::move(command)); },
        [this](ReleaseCommand command) {
          lane_of(command.call.provider).release(std::move(command));
        },
        [this](SlurmBatch batch) { slurm_.change(std::move(batch)); },
        [this](const std::string& text) { slurm_.slurm().read_decisions(text); }};
  }

  template <typename Action>
  void each_lane(const Action& action) {
    action(slurm_);
    for (const auto& lane : lanes_)
      action(*lane);
  }

  CloudLane& lane_of(const std::string& provider) {
    const auto found = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
      return lane->cloud().settings().provider == provider;
    });
    return **found;
  }

  // Of another cluster, and of another ledger of a cluster with our name.
  void place_foreign_machines() {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      for (int n = 0; n < scene_.plan.clouds[i].foreign; ++n) {
        SimOrder order;
        order.type = lanes_[i]->cloud().settings().types.front().name;
        order.region = "r1";
        order.name = n == 0 ? "spillway-hpc2-0f0f0f-1-1" : "spillway-hpc1-0f0f0f-1-1";
        (void)static_cast<bool>(lanes_[i]->cloud().order(order));
      }
    }
  }

  void round() {
    slurm_.pass();
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      lanes_[i]->cloud().advance();
      for (const auto& [kind, machine] : lanes_[i]->cloud().take_changes()) {
        if (kind == SimChangeKind::kBooted) guests_.boot(static_cast<int>(i), machine);
        if (kind == SimChangeKind::kStopped) guests_.end(static_cast<int>(i), machine);
      }
    }
    if (++rounds_ % kChecksEvery == 0) check();
    if (!over_) scene_.queue.in(kRoundEvery, [this] { round(); });
  }

  void check() {
    invariants_.check_now();
    if (scene_.passed() < kCalmAfter) return;
    const auto left = what_is_left(site_);
    over_ = left.empty();
    if (!over_ && scene_.passed() > kCalmAfter + kPatience)
      scene_.violate("all comes to an end", left);
  }

  Outcome outcome() {
    Outcome outcome;
    outcome.violated = scene_.violated;
    outcome.violation = scene_.violation;
    outcome.history = scene_.history.lines();
    outcome.digest = scene_.history.digest();
    outcome.length = scene_.passed();
    outcome.struck = scene_.struck;
    outcome.turns = head_.turns();
    for (const auto& lane : lanes_)
      outcome.machines += static_cast<int>(lane->cloud().all().size());
    return outcome;
  }

  Scene scene_;
  Invariants invariants_;
  std::vector<std::unique_ptr<CloudLane>> lanes_;
  SlurmSide slurm_;
  HeadNode head_;
  Guests guests_;
  Site site_;
  Mischief mischief_;
  int rounds_ = 0;
  bool over_ = false;
};

}  // namespace

Outcome run(const RunPlan& plan, Keeping keeping) {
  return Run(plan, keeping).play();
}

}  // namespace spillway::simulation
