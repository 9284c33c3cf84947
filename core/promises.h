// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is spoken for: machines and money against the caps, machines against each offer's stock.
// The same node, machine or dollar is never promised twice.
#pragma once

#include "core/caps.h"
#include "core/plan.h"
#include "core/ranking.h"

namespace spillway {

struct Promises {
  Commitment committed;
  SpokenFor machines;

  void add(const Offer& offer, int count);
};

// Of the open leases alone. A machine that is wanted, or was ordered after the offer's stock was
// told, is still in that stock.
[[nodiscard]] Promises count_promises(const Books& books,
                                      const std::vector<Offer>& offers,
                                      Money spent_this_month,
                                      TimePoint now);

}  // namespace spillway
