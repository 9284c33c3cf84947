// SPDX-License-Identifier: GPL-2.0-or-later
//
// Slurm's lane: reads jobs and nodes, and carries out changes, in a thread of its own. Reading
// takes at most a hundredth of slurmctld's time: after a slow answer it pauses longer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "broker/observation.h"
#include "broker/worker.h"
#include "cluster/slurm.h"
#include "core/config.h"
#include "lib/time.h"

namespace spillway {

class SlurmLane {
 public:
  using Post = std::function<void(Observation)>;

  // What is referred to must outlive the lane. `steady` is never set back: else Slurm would not be
  // read meanwhile.
  SlurmLane(const Config& config, const Clock& steady, std::unique_ptr<Slurm> slurm, Post post);

  void start();
  void change(SlurmBatch batch);
  void stop() { worker_.stop(); }

 private:
  [[nodiscard]] std::chrono::milliseconds observe_if_due();
  bool carry_out(const SlurmBatch& batch);  // false: something failed

  const Config& config_;
  const Clock& steady_;
  std::unique_ptr<Slurm> slurm_;
  Post post_;
  std::int64_t last_batch_ = 0;
  TimePoint due_{};
  std::chrono::milliseconds last_took_{0};
  std::string last_failure_;
  Worker worker_;  // last: its thread uses the others
};

}  // namespace spillway
