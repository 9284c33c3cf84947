// SPDX-License-Identifier: GPL-2.0-or-later
//
// What runs on rented machines: the bootstrap, as etc/bootstrap/ has it, and then slurmd.
#pragma once

#include <map>
#include <string>

#include "lib/secret.h"
#include "sim/cloud.h"
#include "sim/sim_slurm.h"
#include "tests/simulation/head_node.h"
#include "tests/simulation/scene.h"
#include "tests/simulation/slurm_side.h"

namespace spillway::simulation {

class Guests {
 public:
  // All must outlive it.
  Guests(Scene& scene, HeadNode& head, SlurmSide& slurm)
      : scene_(scene), head_(head), slurm_(slurm) {}
  Guests(const Guests&) = delete;
  Guests& operator=(const Guests&) = delete;

  // The machine has booted, and runs its user-data; what runs on it ends.
  void boot(int cloud, const SimMachine& machine);
  void end(int cloud, const SimMachine& machine);

  // A name for a machine among all clouds, as slurmd is known by.
  [[nodiscard]] static std::string name_of(int cloud, const std::string& id);

 private:
  enum class Step { kJoin, kReady, kComplain, kRegister, kServe, kEnded };
  struct Guest {
    int cloud = 0;
    std::string address;
    Secret token;
    Step step = Step::kJoin;
    bool sick = false;
    std::string node;
    TimePoint booted_at;
    seconds pause{1};
  };

  void set_step(const std::string& name, milliseconds delay);
  void take_step(const std::string& name);
  // Each gives the delay until the next one; none when there is none.
  std::optional<milliseconds> join(Guest& guest);
  std::optional<milliseconds> ready(Guest& guest);
  std::optional<milliseconds> complain(Guest& guest);
  std::optional<milliseconds> register_slurmd(const std::string& name, Guest& guest);
  [[nodiscard]] bool is_answer_lost(const Guest& guest);
  static milliseconds again(Guest& guest, const Error* error);
  void haunt(const std::string& name, const Fault& fault);

  Scene& scene_;
  HeadNode& head_;
  SlurmSide& slurm_;
  std::map<std::string, Guest> guests_;
};

}  // namespace spillway::simulation
