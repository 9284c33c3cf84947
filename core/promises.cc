// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/promises.h"

namespace spillway {

void Promises::add(const Offer& offer, int count) {
  const auto price = offer.price_per_hour.value_or(Money{}) * count;
  committed.machines += count;
  committed.machines_at[offer.id.provider] += count;
  committed.per_hour += price;
  committed.per_hour_at[offer.id.provider] += price;
  committed.to_come += price;
  machines[offer.id] += count;
}

Promises count_promises(const Books& books,
                        const std::vector<Offer>& offers,
                        Money spent_this_month,
                        TimePoint now) {
  Promises promises;
  promises.committed = count_commitment(books, spent_this_month, 0, now);
  std::map<OfferId, TimePoint> told_at;
  for (const auto& offer : offers)
    told_at[offer.id] = offer.seen_at;
  for (const auto& [id, machine] : books.machines) {
    const auto lease = books.leases.find(machine.lease);
    if (lease == books.leases.end() || facts_of(machine.state).is_final) continue;
    const auto told = told_at.find(lease->second.offer);
    if (told == told_at.end()) continue;
    const bool is_news = machine.state == MachineState::kWanted ||
                         (machine.ordered_at && *machine.ordered_at >= told->second);
    if (is_news) ++promises.machines[lease->second.offer];
  }
  return promises;
}

}  // namespace spillway
