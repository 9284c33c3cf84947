// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/slurm_lane.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/hostlist.h"
#include "lib/log.h"

namespace spillway {
namespace {

using std::chrono::milliseconds;

constexpr int kShareOfSlurmctld = 100;  // one part in so many
constexpr milliseconds kLongestPause{60'000};

}  // namespace

SlurmLane::SlurmLane(const Config& config,
                     const Clock& steady,
                     std::unique_ptr<Slurm> slurm,
                     Post post)
    : config_(config), steady_(steady), slurm_(std::move(slurm)), post_(std::move(post)) {}

void SlurmLane::start() {
  worker_.start([this] { return observe_if_due(); });
}

void SlurmLane::change(SlurmBatch batch) {
  worker_.add([this, batch = std::move(batch)] {
    const bool done = carry_out(batch);
    last_batch_ = batch.number;
    // What slurmctld refuses is tried again after the next reading, and no sooner than usual.
    due_ = done ? steady_.now() : std::max(due_, steady_.now() + config_.timing.slurm_every);
  });
}

milliseconds SlurmLane::observe_if_due() {
  const auto start = steady_.now();
  if (start < due_) return due_ - start;
  auto view = slurm_->observe();
  // Of the last two, the faster one: a slurmctld that was being restarted was not kept busy by a
  // question that waited for it.
  const auto took = steady_.now() - start;
  const auto cost = view ? std::min(took, last_took_) : milliseconds{0};
  last_took_ = took;
  const milliseconds every = config_.timing.slurm_every;
  const auto pause = std::max(every, std::min(cost * kShareOfSlurmctld, kLongestPause));
  due_ = steady_.now() + pause;
  post_(SlurmSeen{last_batch_, std::move(view)});
  return pause;
}

bool SlurmLane::carry_out(const SlurmBatch& batch) {
  std::string failure;
  const auto note = [&](const std::string& what, const Status& status) {
    if (!status && failure.empty()) failure = what + ": " + status.error().message;
  };
  if (!batch.addresses.empty()) {
    std::vector<NodeAddress> addresses;
    for (const auto& change : batch.addresses)
      addresses.push_back({change.node, change.address});
    note("set addresses", slurm_->set_addresses(addresses));
  }
  for (const auto& back : batch.send_backs) {
    const auto nodes = format_hostlist(back.nodes);
    note("send back " + nodes, slurm_->down_and_power_down(nodes, back.reason));
  }
  if (!batch.resumes.empty()) {
    const auto nodes = format_hostlist(batch.resumes);
    note("resume " + nodes, slurm_->resume(nodes));
  }
  if (!batch.keeps.empty()) {
    const auto nodes = format_hostlist(batch.keeps);
    note("keep " + nodes, slurm_->keep_idle(nodes));
  }
  for (const auto& change : batch.comments) {
    note("comment on job " + std::to_string(change.job),
         slurm_->set_admin_comment(change.job, change.comment));
  }
  // What failed shows in the next reading and is tried again; said once.
  if (!failure.empty() && failure != last_failure_) log_warning("slurm: " + failure);
  last_failure_ = failure;
  return failure.empty();
}

}  // namespace spillway
