// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the broker thinks of one pending job, in the job owner's words. Made at every turn for each
// job whose partition has a policy; kept in its AdminComment, and told by `spillway why`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/offer.h"
#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

enum class Standing {
  kLocal,      // never bursts: the policy says so, or the request is beyond what is understood
  kWaiting,    // may burst later, when its rule is met
  kHeldBack,   // its rule is met, and something else holds it: a cap, no node, no offer
  kPermitted,  // may use rented nodes: Slurm has not taken them yet
  kBursting,   // its machines are being ordered, or boot
};
[[nodiscard]] const char* standing_name(Standing standing);  // "local", "waiting", "held-back", ...

// What it would rent, or rents.
struct VerdictPlan {
  std::string pool;
  int tasks = 1;  // of an array, that have nodes; the rest is told of one of them
  int nodes = 0;
  int machines = 0;  // to be rented; the other nodes have theirs already
  OfferId offer;     // the cheapest that fits now; empty when all its nodes have machines
  Money per_hour;    // of the machines to be rented
  std::optional<Money> at_most;  // for boot time and time limit; nothing: the job has no limit
  std::chrono::seconds ready_in{0};

  friend bool operator==(const VerdictPlan&, const VerdictPlan&) = default;
};

struct Verdict {
  std::uint32_t job = 0;  // of a heterogeneous job: its leader
  Standing standing = Standing::kLocal;
  // One sentence without a clock in it, so that it changes only when the facts do.
  std::string sentence;
  std::string partition;                // whose rule spoke; empty: none
  std::string rule;                     // "gpu: burst after 10 min of waiting"
  std::optional<TimePoint> not_before;  // kWaiting: when it is only a question of time
  std::optional<VerdictPlan> plan;
  std::vector<std::string> instead;  // "hyperstack CANADA-1 n3-H100-SXM5x8: no InfiniBand", ...
  std::string change;                // what would change it; may be empty

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

}  // namespace spillway
