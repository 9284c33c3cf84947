// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/history.h"

#include <array>
#include <cstdio>

namespace spillway::simulation {

void History::note(std::string_view who, std::string_view what) {
  if (!kept_) return;
  const auto passed = static_cast<double>((clock_.now() - start_).count()) / 1000;
  std::array<char, 32> time{};
  (void)std::snprintf(time.data(), time.size(), "%8.1f s  ", passed);
  std::string line = time.data();
  line += who;
  line.append(who.size() < 8 ? 8 - who.size() : 0, ' ');
  line += ' ';
  line += what;
  lines_.push_back(std::move(line));
}

}  // namespace spillway::simulation
