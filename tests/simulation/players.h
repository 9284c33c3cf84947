// SPDX-License-Identifier: GPL-2.0-or-later
//
// Many seeds, played by several threads, and what came of them in sum.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/simulation/plan.h"
#include "tests/simulation/run.h"

namespace spillway::simulation {

struct Seeds {
  std::uint64_t first = 1;
  std::uint64_t count = 1000;
  int at_a_time = 1;
  int failures = 1;  // so many end it
  Planted planted = Planted::kNothing;
};

struct Sum {
  std::uint64_t seeds = 0;
  std::uint64_t machines = 0;
  std::uint64_t turns = 0;
  milliseconds length{0};
  FaultCounts struck{};
  std::map<std::uint64_t, std::string> failed;  // seeds, and what did not hold

  void add(std::uint64_t seed, const Outcome& outcome);
  void add(const Sum& other);
};

[[nodiscard]] RunPlan draw_run(std::uint64_t seed, Planted planted);

// Plays them in order until all are played or enough have failed.
[[nodiscard]] Sum play(const Seeds& seeds);

}  // namespace spillway::simulation
