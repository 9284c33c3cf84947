// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/billing.h"

#include <algorithm>

namespace spillway {
namespace {

using std::chrono::seconds;

}  // namespace

seconds billed_time(seconds duration, const BillingTerms& terms) {
  const auto quantum = std::max<std::int64_t>(1, terms.quantum.count());
  const auto quanta = (duration.count() + quantum - 1) / quantum;
  return std::max(seconds(quanta * quantum), terms.minimum);
}

Money cost_for(Money per_hour, seconds duration, const BillingTerms& terms) {
  return cost_of(per_hour, billed_time(duration, terms));
}

Money machine_cost(TimePoint from, TimePoint to, Money per_hour, const BillingTerms& terms) {
  if (to <= from) return cost_for(per_hour, seconds(0), terms);
  return cost_for(per_hour, std::chrono::ceil<seconds>(to - from), terms);
}

Money machine_cost_since(
    TimePoint since, TimePoint from, TimePoint to, Money per_hour, const BillingTerms& terms) {
  if (from >= since) return machine_cost(from, to, per_hour, terms);
  if (to <= since) return {};
  return machine_cost(from, to, per_hour, terms) - machine_cost(from, since, per_hour, terms);
}

}  // namespace spillway
