// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plays every case on a spillway-simcloud of its own, started for it and ended with it. The driver
// calls without its pauses, but where they are what is tried.
#pragma once

#include <memory>

#include "tests/contract/stage.h"

namespace spillway::contract {

class SimulatedStage final : public Stage {
 public:
  explicit SimulatedStage(const Row& row);
  ~SimulatedStage() override;

  [[nodiscard]] Opened open(const Case& wanted) override;
  void close(bool has_passed) override;

 private:
  struct Play;
  const Row& row_;
  std::unique_ptr<Play> play_;
};

}  // namespace spillway::contract
