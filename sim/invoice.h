// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a simulated cloud charges, exact: integer micro-dollars.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

// How a cloud counts time: whole seconds, each begun `quantum` is paid, and `minimum` at least.
struct SimBilling {
  std::chrono::seconds quantum{60};
  std::chrono::seconds minimum{0};
  bool from_order = false;  // else from when the machine is up
  bool unhealthy = true;    // a machine that was healthy is billed on when it no longer is
};

// A time in which a machine that is billed otherwise is not.
struct SimPause {
  TimePoint from;
  TimePoint to;
};

struct SimInvoiceLine {
  std::string provider;
  std::string id;
  std::string name;
  std::string type;
  std::string region;
  std::optional<TimePoint> billed_from;  // nothing: never billed
  std::optional<TimePoint> billed_to;    // nothing: still running, or never billed
  std::chrono::seconds paused{0};        // not billed, of the time between
  Money price_per_hour;
  Money cost;  // of a running machine: until now
};

// A machine's cost from `from` to `to`. A machine without any billed second costs nothing.
[[nodiscard]] Money billed_cost(Money per_hour,
                                TimePoint from,
                                TimePoint to,
                                const SimBilling& billing);

// The whole seconds of `pauses`, which do not overlap, between `from` and `to`.
[[nodiscard]] std::chrono::seconds paused_time(const std::vector<SimPause>& pauses,
                                               TimePoint from,
                                               TimePoint to);

[[nodiscard]] Money invoice_total(const std::vector<SimInvoiceLine>& lines);

}  // namespace spillway
