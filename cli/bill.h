// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway bill`: what each machine cost, by the provider's own way to count time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/ledger.h"
#include "lib/json.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

struct BillInput {
  std::vector<Charge> charges;
  TimePoint now;  // machines that still run are charged until here
};

[[nodiscard]] std::string bill_screen(const BillInput& input, bool colours);
[[nodiscard]] Json bill_json(const BillInput& input);

// When a bill begins: "30d" ago, "2026-11-01" at midnight UTC, or a time as format_time writes it.
// Errors: kInvalid.
[[nodiscard]] Result<TimePoint> parse_since(std::string_view text, TimePoint now);

}  // namespace spillway
