// SPDX-License-Identifier: GPL-2.0-or-later
//
// Caps on machines and money. What is wanted or ordered counts before it bills.
#pragma once

#include <string>

#include "core/books.h"
#include "core/config.h"
#include "core/offer.h"

namespace spillway {

struct Commitment {
  int machines = 0;
  Money per_hour;
  std::map<std::string, int> machines_at;    // by provider
  std::map<std::string, Money> per_hour_at;  // by provider
  Money this_month;                          // so far, of this calendar month, UTC
  Money to_come;                             // an hour of those that do not bill yet
};

// What the open books commit us to, machines of `except_lease` left out. `spent_by_ended`: this
// month, by machines that are no longer in the books.
[[nodiscard]] Commitment count_commitment(const Books& books,
                                          Money spent_by_ended,
                                          std::int64_t except_lease,
                                          TimePoint now);

// Why `machines` more of `offer` would break a cap; empty if they would not.
[[nodiscard]] std::string cap_trouble(const Commitment& committed,
                                      const Offer& offer,
                                      int machines,
                                      const Config& config);

}  // namespace spillway
