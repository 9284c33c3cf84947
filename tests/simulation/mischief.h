// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lets faults happen at their time, and puts an end to all of them.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/cloud_lane.h"
#include "tests/simulation/head_node.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/scene.h"
#include "tests/simulation/slurm_side.h"

namespace spillway::simulation {

class Mischief {
 public:
  // All must outlive it.
  Mischief(Scene& scene,
           HeadNode& head,
           SlurmSide& slurm,
           std::vector<std::unique_ptr<CloudLane>>& lanes,
           Invariants& invariants)
      : scene_(scene), head_(head), slurm_(slurm), lanes_(lanes), invariants_(invariants) {}
  Mischief(const Mischief&) = delete;
  Mischief& operator=(const Mischief&) = delete;

  void begin(const Fault& fault);
  // Nothing lies in wait any more, all is restored, and admins undo what they did.
  void end_all();

 private:
  [[nodiscard]] CloudLane& lane_of(const Fault& fault) {
    return *lanes_[static_cast<std::size_t>(fault.cloud)];
  }
  [[nodiscard]] const CloudPlan& plan_of(const Fault& fault) const {
    return scene_.plan.clouds[static_cast<std::size_t>(fault.cloud)];
  }
  void begin_at_cloud(const Fault& fault);
  void begin_at_machine(const Fault& fault, SimMachineFaultKind kind);
  void begin_at_next_machine(const Fault& fault, SimMachineFaultKind kind);
  void begin_by_admin(const Fault& fault);
  void remove_node(const std::string& name);
  void cancel_a_job(const Fault& fault);
  [[nodiscard]] std::string choose_cloud_node(const Fault& fault) const;

  Scene& scene_;
  HeadNode& head_;
  SlurmSide& slurm_;
  std::vector<std::unique_ptr<CloudLane>>& lanes_;
  Invariants& invariants_;
  std::set<std::string> touched_;  // nodes that an admin took out of use
  std::set<std::string> removed_;  // nodes that slurm.conf lost
};

}  // namespace spillway::simulation
