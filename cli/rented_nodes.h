// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rented nodes of one job: where their machines are, since when, and what they cost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/job_now.h"
#include "core/books.h"
#include "core/config.h"
#include "lib/json.h"
#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

// What is known only from the ledger.
struct RentedMachines {
  std::int64_t lease = 0;
  OfferId offer;
  MachineState state = MachineState::kWanted;
  TimePoint state_since;
  Money per_hour;  // of all of them
  Money so_far;
};

struct RentedNodes {
  std::string pool;
  std::vector<std::string> nodes;
  std::optional<RentedMachines> machines;
};

// By lease and state with the ledger, else by pool. `job` tells the nodes that the job has; without
// it, those that were rented for it are meant.
[[nodiscard]] std::vector<RentedNodes> find_rented_nodes(
    std::uint32_t id, const JobNow* job, const Config& config, const Books* books, TimePoint now);

// "h100-[001-002] of pool h100: 2 machines at lambda us-east-1 gpu_8x, ready since 42 min, 63.84
// $/h, 31.92 $ so far".
[[nodiscard]] std::string rented_words(const RentedNodes& rented, TimePoint now);
[[nodiscard]] Json rented_json(const RentedNodes& rented);

}  // namespace spillway
