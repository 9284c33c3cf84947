// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway status`: who leads, which machines there are, what they cost, what is wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/books.h"
#include "core/config.h"
#include "ledger/ledger.h"
#include "lib/json.h"

namespace spillway {

struct StatusInput {
  const Config& config;
  const Books& books;
  std::optional<Leader> leader;
  std::vector<Charge> charges_this_month;
  TimePoint now;
};

[[nodiscard]] std::string status_screen(const StatusInput& input, bool colours);
[[nodiscard]] Json status_json(const StatusInput& input);

// True when a broker holds the ledger's leadership now.
[[nodiscard]] bool is_led(const std::optional<Leader>& leader, TimePoint now);
// Who leads, or since when nobody does, and what to do then.
[[nodiscard]] std::string leader_words(const std::optional<Leader>& leader, TimePoint now);
// The host that `leader` runs on.
[[nodiscard]] std::string leader_host(const Leader& leader);

}  // namespace spillway
