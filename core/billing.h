// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a machine costs: each begun quantum is paid, and the minimum at least.
#pragma once

#include <chrono>

#include "core/offer.h"
#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

// What is paid for of `duration`: whole quanta, and the minimum at least. REQUIRES: as below.
[[nodiscard]] std::chrono::seconds billed_time(std::chrono::seconds duration,
                                               const BillingTerms& terms);

// The cost of `duration` at `per_hour`. REQUIRES: duration is not negative.
[[nodiscard]] Money cost_for(Money per_hour,
                             std::chrono::seconds duration,
                             const BillingTerms& terms);

// The cost of a machine that billed from `from` to `to`; an end before its start counts as none.
[[nodiscard]] Money machine_cost(TimePoint from,
                                 TimePoint to,
                                 Money per_hour,
                                 const BillingTerms& terms);

// The part of it that falls to `since` and later, a month for one: begun quanta and the minimum are
// paid at the start, so they count before.
[[nodiscard]] Money machine_cost_since(
    TimePoint since, TimePoint from, TimePoint to, Money per_hour, const BillingTerms& terms);

}  // namespace spillway
