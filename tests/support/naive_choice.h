// SPDX-License-Identifier: GPL-2.0-or-later
//
// The choice made once more, by trying everything and without the core's code: slow, plain, and for
// one job that nobody else has promises before. Knows the requests that random worlds make.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/verdict.h"
#include "tests/support/small_world.h"

namespace spillway {

struct NaiveChoice {
  Money score;
  int machines = 0;
  std::string pool;
  std::vector<OfferId> offers;  // that are as good as each other; none when all machines idle
};

[[nodiscard]] std::optional<NaiveChoice> find_naive_choice(const SmallWorld& world, const Job& job);
[[nodiscard]] bool is_same_choice(const NaiveChoice& choice, const Verdict& verdict);
[[nodiscard]] std::string tell_choice(const NaiveChoice& choice);

// How many nodes of this shape one task takes at least.
[[nodiscard]] int naive_nodes(const Job& job, const Shape& shape);
[[nodiscard]] bool naive_needs_infiniband(const Config& config, const Job& job, const Shape& shape);
// Of the offers that may be ordered for the pool; nothing when one does not tell its stock.
[[nodiscard]] std::optional<int> naive_stock_behind(const SmallWorld& world, const Pool& pool);

}  // namespace spillway
