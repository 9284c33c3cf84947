// SPDX-License-Identifier: GPL-2.0-or-later
//
// Chance that is the same in every run: the same seed gives the same numbers on every platform
// (the standard's distributions promise less, so they are not used).
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

namespace spillway {

struct SimRange {
  std::chrono::milliseconds least{0};
  std::chrono::milliseconds most{0};  // REQUIRES: not less than `least`
};

class SimRandom {
 public:
  explicit SimRandom(std::uint64_t seed) : engine_(seed) {}

  [[nodiscard]] std::chrono::milliseconds within(const SimRange& range) {
    const auto width = static_cast<std::uint64_t>((range.most - range.least).count()) + 1;
    return range.least + std::chrono::milliseconds(static_cast<std::int64_t>(engine_() % width));
  }

  // `digits` lower-case hex digits.
  [[nodiscard]] std::string hex(int digits) {
    std::string text;
    for (int i = 0; i < digits; ++i)
      text += "0123456789abcdef"[engine_() % 16];
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace spillway
