// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which offer? Each offer behind a pool gets its expected cost for the gang, or the reason why it
// is not for this gang.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/books.h"
#include "core/config.h"
#include "core/need.h"
#include "core/offer.h"

namespace spillway {

struct Ranked {
  Offer offer;
  Money expected_cost;  // of the whole gang, boot and time limit included
};

struct Excluded {
  OfferId offer;
  std::string why;
  std::string words;  // the provider's, when it was refused
};

struct Ranking {
  std::vector<Ranked> places;  // the cheapest first
  std::vector<Excluded> excluded;
};

// What there is to choose from: the offers of all providers, and what is known against them.
struct Market {
  const std::vector<Offer>& offers;
  const Config& config;
  const std::map<OfferId, Cooldown>& cooldowns;
  TimePoint now;
};

// Ties go to fewer refusals, faster boot, then name.
[[nodiscard]] Ranking rank_offers(const Need& need, const Pool& pool, const Market& market);

// Why its price rules an offer out; empty if it does not. `cap` is per GPU and hour.
[[nodiscard]] std::string price_trouble(const Offer& offer, const std::optional<Money>& cap);

// Why the first few are left out, in one line; or "no offer matches the pool". In full, the
// providers' words are among it.
enum class Telling { kShort, kInFull };
[[nodiscard]] std::string format_exclusions(const Ranking& ranking, Telling telling);

}  // namespace spillway
