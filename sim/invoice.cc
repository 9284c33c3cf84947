// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/invoice.h"

#include <algorithm>

namespace spillway {

Money billed_cost(Money per_hour, TimePoint from, TimePoint to, const SimBilling& billing) {
  using std::chrono::floor;
  using std::chrono::seconds;
  const seconds used = floor<seconds>(to) - floor<seconds>(from);
  if (used <= seconds(0)) return Money();
  const seconds paid = std::max(used, billing.minimum);
  const auto quanta = (paid + billing.quantum - seconds(1)) / billing.quantum;
  return cost_of(per_hour, billing.quantum * quanta);
}

std::chrono::seconds paused_time(const std::vector<SimPause>& pauses,
                                 TimePoint from,
                                 TimePoint to) {
  using std::chrono::floor;
  using std::chrono::seconds;
  seconds sum(0);
  for (const SimPause& pause : pauses) {
    const seconds time = floor<seconds>(std::min(pause.to, to)).time_since_epoch() -
                         floor<seconds>(std::max(pause.from, from)).time_since_epoch();
    sum += std::max(time, seconds(0));
  }
  return sum;
}

Money invoice_total(const std::vector<SimInvoiceLine>& lines) {
  Money total;
  for (const SimInvoiceLine& line : lines)
    total += line.cost;
  return total;
}

}  // namespace spillway
