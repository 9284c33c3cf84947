// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the broker's state looks like in numbers, in Prometheus' text format (version 0.0.4).
#pragma once

#include <string>

#include "core/books.h"
#include "core/config.h"
#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

struct MetricsInput {
  const Config& config;
  const Books& books;  // empty while another broker leads
  bool leads = false;
  bool ledger_is_writable = true;
  Money spent_by_ended;  // this month, by machines that ended
  TimePoint now;
};

[[nodiscard]] std::string format_metrics(const MetricsInput& input);

}  // namespace spillway
