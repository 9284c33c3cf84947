// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/slurm_side.h"

#include <utility>

#include "core/hostlist.h"

namespace spillway::simulation {
namespace {

using F = FaultKind;

}  // namespace

SlurmSide::SlurmSide(Scene& scene, SlurmWatcher& watcher, Post post, Append append)
    : scene_(scene),
      watcher_(watcher),
      post_(std::move(post)),
      append_(std::move(append)),
      slurm_(scene.plan.slurm, scene.host_clock) {
  slurm_.add_partition(kPartition);
  for (const auto& node : scene.plan.nodes)
    slurm_.add_node(node, {kPartition});
}

void SlurmSide::start() {
  ++life_;
  last_batch_ = 0;
  due_ = scene_.clock.now();
  pump();
}

void SlurmSide::stop() {
  ++life_;
  busy_ = false;
  batches_.clear();
}

void SlurmSide::change(SlurmBatch batch) {
  batches_.push_back(std::move(batch));
  pump();
}

void SlurmSide::pump() {
  if (busy_ || life_ % 2 == 0) return;
  if (!batches_.empty()) {
    busy_ = true;
    auto batch = std::move(batches_.front());
    batches_.pop_front();
    scene_.queue.in(scene_.dice.within(milliseconds(10), milliseconds(200)),
                    [this, batch = std::move(batch), life = life_] {
                      if (life != life_) return;
                      carry_out(batch);
                      last_batch_ = batch.number;
                      due_ = scene_.clock.now();
                      busy_ = false;
                      pump();
                    });
    return;
  }
  if (due_ <= scene_.clock.now()) {
    busy_ = true;
    return observe(life_);
  }
  if (pump_set_) return;
  pump_set_ = true;
  scene_.queue.at(due_, [this] {
    pump_set_ = false;
    pump();
  });
}

void SlurmSide::observe(int life) {
  auto view = is_down() ? Result<SlurmView>(Error{ErrorCode::kTransient, "slurmctld: down", {}})
                        : Result<SlurmView>(slurm_.observe());
  due_ = scene_.clock.now() + scene_.plan.config.timing.slurm_every;
  scene_.queue.in(scene_.dice.within(milliseconds(10), milliseconds(200)),
                  [this, view = std::move(view), life, read_at = scene_.clock.now()] {
                    if (life != life_) return;
                    busy_ = false;
                    scene_.slurm_read_at = read_at;
                    post_(SlurmSeen{last_batch_, view});
                    pump();
                  });
}

void SlurmSide::carry_out(const SlurmBatch& batch) {
  if (is_down()) return;
  if (const auto fault = scene_.traps.take(F::kBatchLost)) return scene_.strike(*fault);
  for (const auto& [node, address] : batch.addresses)
    slurm_.set_address(node, address);
  for (const auto& [nodes, reason] : batch.send_backs) {
    for (const auto& node : nodes) {
      if (scene_.history.is_kept())
        scene_.history.note("broker", "sends back " + node + ": " + reason);
      slurm_.down_and_power_down(node, reason);
    }
  }
  for (const auto& node : batch.resumes) {
    watcher_.before_resume(node);
    if (scene_.history.is_kept()) scene_.history.note("broker", "state=resume of " + node);
    slurm_.set_resume(node);
  }
  for (const auto& node : batch.keeps)
    slurm_.keep_idle(node);
  for (const auto& [job, comment] : batch.comments)
    slurm_.set_admin_comment(job, comment);
  settle();
}

void SlurmSide::restart(milliseconds length) {
  down_until_ = scene_.clock.now() + length;
  scene_.queue.in(length, [this] {
    slurm_.restart();
    settle();
  });
}

void SlurmSide::pass() {
  if (is_down()) return;
  slurm_.pass();
  settle();
}

void SlurmSide::settle() {
  for (const auto& call : slurm_.take_calls())
    call_program(call);
  for (const auto job : slurm_.take_starts()) {
    const auto& started = slurm_.jobs().at(job);
    scene_.history.mix(job);
    if (scene_.history.is_kept()) {
      scene_.history.note(
          "slurm", "job " + std::to_string(job) + " starts on " + format_hostlist(started.nodes));
    }
    watcher_.after_start(started);
  }
}

void SlurmSide::call_program(const SimPowerCall& call) {
  if (scene_.history.is_kept())
    scene_.history.note("slurm", std::string(request_kind_name(call.kind)) + " " + call.nodes);
  if (const auto fault = scene_.traps.take(F::kCallLost)) return scene_.strike(*fault, call.nodes);
  auto delay = scene_.dice.within(milliseconds(5), milliseconds(500));
  if (const auto fault = scene_.traps.take(F::kCallLate)) {
    scene_.strike(*fault, call.nodes);
    delay += fault->span;
  }
  if (const auto fault = scene_.traps.take(F::kCallRepeated)) {
    scene_.strike(*fault, call.nodes);
    scene_.queue.in(delay + fault->span, [this, call] { append_(call); });
  }
  scene_.queue.in(delay, [this, call] { append_(call); });
}

}  // namespace spillway::simulation
