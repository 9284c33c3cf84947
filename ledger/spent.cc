// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/spent.h"

#include "core/billing.h"

namespace spillway {

Money spent_by_ended(const std::vector<Charge>& charges, const Books& books, TimePoint since) {
  Money spent;
  for (const auto& charge : charges) {
    if (books.machines.contains(charge.machine) || !charge.billed_from || !charge.billed_to)
      continue;
    spent += machine_cost_since(
        since, *charge.billed_from, *charge.billed_to, charge.price_per_hour, charge.billing);
  }
  return spent;
}

}  // namespace spillway
