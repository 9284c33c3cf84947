// SPDX-License-Identifier: GPL-2.0-or-later
//
// A property is held against many random worlds. SPILLWAY_SEED is the first one's seed,
// SPILLWAY_WORLDS how many there are; the seed of the one that breaks it is printed.
#pragma once

#include <cstdlib>
#include <functional>
#include <string>

#include "lib/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/random_world.h"

namespace spillway {

inline std::int64_t read_setting(const char* name, std::int64_t otherwise) {
  const char* const text = std::getenv(name);  // NOLINT: no threads
  if (text == nullptr) return otherwise;
  const auto number = parse_whole_number(text);
  if (!number) fail_msg("%s is no number: %s", name, text);
  return *number;
}

// `find_breach` tells what is wrong in the world of the dice; an empty text when nothing is.
inline void hold_everywhere(const std::function<std::string(Dice&)>& find_breach,
                            std::int64_t usual_worlds = 200) {
  const auto first = read_setting("SPILLWAY_SEED", 1);
  const auto worlds = read_setting("SPILLWAY_WORLDS", usual_worlds);
  for (auto seed = first; seed < first + worlds; ++seed) {
    Dice dice(static_cast<std::uint64_t>(seed));
    const auto breach = find_breach(dice);
    if (!breach.empty()) {
      fail_msg("SPILLWAY_SEED=%lld: %s", static_cast<long long>(seed), breach.c_str());
    }
  }
}

}  // namespace spillway
