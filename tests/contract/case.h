// SPDX-License-Identifier: GPL-2.0-or-later
//
// The contract of providers/provider.h as one table of cases. A case tries one promise, knows only
// Provider and its scene, and says here what it needs; who plays it says whether that can be had.
#pragma once

#include <vector>

#include "tests/contract/scene.h"

namespace spillway::contract {

// What only a simulated cloud does.
inline constexpr const char* kErrsOnDemand = "errs on demand";
inline constexpr const char* kKeepsItsStock = "has a stock that nobody else buys from";
inline constexpr const char* kHousesOthers = "lets a test order machines for other people";

struct Needs {
  int machines = 0;                 // that it may come to order; 0: it only asks
  bool many_per_order = false;      // an offer of which one call gives several
  bool sold_out = false;            // an offer of which there is none
  const char* simulated = nullptr;  // a cloud that does so
  bool documented_rates = false;    // the simulated cloud's limits are in force, and time is real
};

struct Case {
  const char* name;  // a sentence
  void (*run)(Scene& scene);
  Needs needs;
};

// CASE(ordered_machine_is_listed_with_its_mark, .machines = 1)
// clang-format off
#define CASE(function, ...) Case{#function, function, {__VA_ARGS__}}
// clang-format on

struct Part {
  const char* name;
  std::vector<Case> cases;
};

[[nodiscard]] std::vector<Case> asking_cases();
[[nodiscard]] std::vector<Case> order_cases();
[[nodiscard]] std::vector<Case> many_cases();
[[nodiscard]] std::vector<Case> release_cases();
[[nodiscard]] std::vector<Case> wire_cases();
[[nodiscard]] std::vector<Case> crowd_cases();
[[nodiscard]] std::vector<Case> pace_cases();

// Those that only ask come first.
[[nodiscard]] std::vector<Part> all_parts();

}  // namespace spillway::contract
