// SPDX-License-Identifier: GPL-2.0-or-later
//
// Chance for the simulator: cheap to make, the same for the same seed everywhere.
#pragma once

#include <chrono>
#include <cstdint>

namespace spillway::simulation {

using std::chrono::milliseconds;
using std::chrono::seconds;

// SplitMix64.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  // Other numbers for each `stream` of one seed.
  Dice(std::uint64_t seed, std::uint64_t stream) : Dice(seed ^ (stream * kStride)) { roll(); }

  std::uint64_t roll() {
    state_ += kStride;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  // 0 to `sides` - 1. REQUIRES: sides > 0.
  int below(int sides) { return static_cast<int>(roll() % static_cast<std::uint64_t>(sides)); }
  int within(int least, int most) { return least + below(most - least + 1); }
  milliseconds within(milliseconds least, milliseconds most) {
    return least + milliseconds(static_cast<std::int64_t>(
                       roll() % (static_cast<std::uint64_t>((most - least).count()) + 1)));
  }
  bool chance(int percent) { return below(100) < percent; }

 private:
  static constexpr std::uint64_t kStride = 0x9E3779B97F4A7C15ULL;
  std::uint64_t state_;
};

}  // namespace spillway::simulation
