// SPDX-License-Identifier: GPL-2.0-or-later
//
// Worlds that nobody thought of: clouds, pools, policy, machines and a queue out of a seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/support/small_world.h"

namespace spillway {

// Numbers out of a seed, the same on every machine (unlike the standard's distributions).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  [[nodiscard]] int from_to(int least, int most) {
    const auto span = static_cast<std::uint64_t>(most - least) + 1;
    return least + static_cast<int>(engine_() % span);
  }
  [[nodiscard]] bool one_in(int times) { return from_to(1, times) == 1; }
  template <typename T>
  [[nodiscard]] const T& one_of(const std::vector<T>& from) {
    return from.at(static_cast<std::size_t>(from_to(0, static_cast<int>(from.size()) - 1)));
  }

 private:
  std::mt19937_64 engine_;
};

// A world with `jobs` pending jobs, numbered from 1.
[[nodiscard]] SmallWorld make_random_world(Dice& dice, int jobs);

// One more of each.
Job& add_random_job(SmallWorld& world, Dice& dice, std::uint32_t id);
[[nodiscard]] Offer make_random_offer(const SmallWorld& world, Dice& dice);

}  // namespace spillway
