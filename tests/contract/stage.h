// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the cases are played: simulated.h, on a simulated cloud of their own; given.h, on the
// account that somebody names.
#pragma once

#include <string>
#include <vector>

#include "tests/contract/case.h"

namespace spillway::contract {

// The scene for a case, or why it is not played here.
struct Opened {
  Scene* scene = nullptr;
  std::string obstacle;
};

class Stage {
 public:
  virtual ~Stage() = default;

  // Fails the running case where it has to be played, and cannot be.
  [[nodiscard]] virtual Opened open(const Case& wanted) = 0;
  // After each case that was opened, however it went.
  virtual void close(bool has_passed) = 0;
};

// Plays the cases as one group of cmocka's; gives the number of failures.
[[nodiscard]] int play(const std::string& group, const std::vector<Case>& cases, Stage& stage);

}  // namespace spillway::contract
