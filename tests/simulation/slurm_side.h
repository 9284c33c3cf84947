// SPDX-License-Identifier: GPL-2.0-or-later
//
// Slurm's lane on virtual time, as broker/slurm_lane.cc has it with a thread, and slurmctld behind
// it: its rounds, its restarts, and the power-save programs that it calls.
#pragma once

#include <deque>
#include <functional>

#include "broker/observation.h"
#include "sim/sim_slurm.h"
#include "tests/simulation/scene.h"

namespace spillway::simulation {

class SlurmWatcher {
 public:
  virtual ~SlurmWatcher() = default;
  virtual void before_resume(const std::string& node) = 0;
  virtual void after_start(const SimSlurmJob& job) = 0;
};

class SlurmSide {
 public:
  using Post = std::function<void(Observation)>;
  using Append = std::function<void(const SimPowerCall&)>;

  // All must outlive it. `append` plays the power-save programs.
  SlurmSide(Scene& scene, SlurmWatcher& watcher, Post post, Append append);
  SlurmSide(const SlurmSide&) = delete;
  SlurmSide& operator=(const SlurmSide&) = delete;

  // The life of the broker's process.
  void start();
  void stop();
  void change(SlurmBatch batch);

  [[nodiscard]] SimSlurm& slurm() { return slurm_; }
  [[nodiscard]] const SimSlurm& slurm() const { return slurm_; }
  [[nodiscard]] bool is_down() const { return scene_.clock.now() < down_until_; }
  // slurmctld stops, and starts again after `length`.
  void restart(milliseconds length);
  // Hands on what slurmctld did since the last time.
  void settle();
  // A round of slurmctld's threads, if it runs.
  void pass();

 private:
  void pump();
  void observe(int life);
  void carry_out(const SlurmBatch& batch);
  void call_program(const SimPowerCall& call);

  Scene& scene_;
  SlurmWatcher& watcher_;
  Post post_;
  Append append_;
  SimSlurm slurm_;
  std::deque<SlurmBatch> batches_;
  int life_ = 0;  // of the broker; odd while it lives
  bool busy_ = false;
  bool pump_set_ = false;
  std::int64_t last_batch_ = 0;
  TimePoint due_{};
  TimePoint down_until_{};
};

}  // namespace spillway::simulation
