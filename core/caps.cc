// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/caps.h"

#include "core/billing.h"

namespace spillway {
namespace {

// Since the month began, until it ended or now.
Money cost_this_month(const Machine& machine, const Lease& lease, TimePoint now) {
  const auto until = facts_of(machine.state).is_final ? machine.state_since : now;
  return machine_cost_since(start_of_month(now),
                            *machine.billed_from,
                            machine.billed_to.value_or(until),
                            lease.price_per_hour,
                            lease.billing);
}

}  // namespace

Commitment count_commitment(const Books& books,
                            Money spent_by_ended,
                            std::int64_t except_lease,
                            TimePoint now) {
  Commitment committed;
  committed.this_month = spent_by_ended;
  for (const auto& [id, machine] : books.machines) {
    const auto lease = books.leases.find(machine.lease);
    if (lease == books.leases.end() || lease->first == except_lease) continue;
    // Wanted without an offer yet, it costs nothing that could be counted.
    if (lease->second.offer.provider.empty()) continue;
    if (machine.billed_from) committed.this_month += cost_this_month(machine, lease->second, now);
    if (facts_of(machine.state).is_final) continue;
    ++committed.machines;
    ++committed.machines_at[lease->second.offer.provider];
    committed.per_hour += lease->second.price_per_hour;
    committed.per_hour_at[lease->second.offer.provider] += lease->second.price_per_hour;
    if (!machine.billed_from) committed.to_come += lease->second.price_per_hour;
  }
  return committed;
}

std::string cap_trouble(const Commitment& committed,
                        const Offer& offer,
                        int machines,
                        const Config& config) {
  const auto& limits = config.policy.limits;
  const auto over = [&](const std::string& what, const std::string& limit) {
    return "limit of " + limit + " " + what + " would be passed";
  };
  if (limits.machines && committed.machines + machines > *limits.machines) {
    return over("machines", std::to_string(*limits.machines));
  }
  const auto* provider = config.find_provider(offer.id.provider);
  const auto at = committed.machines_at.find(offer.id.provider);
  const int there = at == committed.machines_at.end() ? 0 : at->second;
  if (provider != nullptr && provider->max_machines && there + machines > *provider->max_machines) {
    return over("machines at " + offer.id.provider, std::to_string(*provider->max_machines));
  }
  const auto price = offer.price_per_hour.value_or(Money{}) * machines;
  if (limits.spend_per_hour && committed.per_hour + price > *limits.spend_per_hour) {
    return over("$/h", format_money(*limits.spend_per_hour));
  }
  const auto spend = committed.per_hour_at.find(offer.id.provider);
  const auto spent_there = spend == committed.per_hour_at.end() ? Money{} : spend->second;
  if (provider != nullptr && provider->max_spend_per_hour &&
      spent_there + price > *provider->max_spend_per_hour) {
    return over("$/h at " + offer.id.provider, format_money(*provider->max_spend_per_hour));
  }
  const auto this_month = committed.this_month + committed.to_come + price;
  if (limits.spend_per_month && this_month > *limits.spend_per_month) {
    return over("$ this month", format_money(*limits.spend_per_month));
  }
  return "";
}

}  // namespace spillway
