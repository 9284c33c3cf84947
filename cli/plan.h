// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway plan`: what a gang would cost now, pool by pool: the ranked offers, and why the others
// are out.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cli/offers.h"
#include "core/books.h"
#include "core/caps.h"
#include "core/config.h"
#include "core/need.h"
#include "core/ranking.h"
#include "lib/json.h"
#include "lib/time.h"

namespace spillway {

struct PlanInput {
  const Config& config;  // with what is set
  Need need;             // gpus_per_node 0: as many as a node of the pool has
  std::string pool;      // only this one; empty: each that fits
  std::vector<ProviderAnswer> answers;
  std::map<OfferId, Cooldown> cooldowns;
  Commitment committed;  // what counts against the caps already
  TimePoint now;
};

// One offer for the whole gang.
struct PlannedPlace {
  Ranked ranked;
  std::chrono::seconds billed{0};    // each machine, boot included
  std::chrono::seconds ordering{0};  // from the first call to the last
  std::chrono::seconds ready_in{0};  // the last machine
};

struct PoolPlan {
  std::string pool;
  std::string misfit;  // why the gang does not fit; the rest is empty then
  Need need;           // as it would be on this pool's nodes
  std::vector<PlannedPlace> places;
  std::vector<Excluded> excluded;
};

[[nodiscard]] std::vector<PoolPlan> make_plans(const PlanInput& input);

// True when at least one offer can be had.
[[nodiscard]] bool has_place(const std::vector<PoolPlan>& plans);

[[nodiscard]] std::string plan_screen(const PlanInput& input,
                                      const std::vector<PoolPlan>& plans,
                                      bool colours);
[[nodiscard]] Json plan_json(const PlanInput& input, const std::vector<PoolPlan>& plans);

}  // namespace spillway
