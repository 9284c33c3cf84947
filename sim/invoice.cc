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

Money invoice_total(const std::vector<SimInvoiceLine>& lines) {
  Money total;
  for (const SimInvoiceLine& line : lines)
    total += line.cost;
  return total;
}

}  // namespace spillway
