// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which offer? Each offer behind a pool gets its expected cost for the gang, or the reason why it
// is not for this gang.
#pragma once

#include <map>
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
  Money score;          // the cost by how much the GPU model does for it (policy.performance)
};

struct Excluded {
  OfferId offer;
  std::string why;                 // without a clock
  std::string words;               // the provider's, when it was refused
  std::optional<TimePoint> until;  // when it is tried again
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

// What stands behind a pool, whatever the job: the offers that keep the pool's promise and may be
// ordered now, and why the others are out.
struct Survey {
  std::vector<Offer> usable;
  std::vector<Excluded> excluded;  // the nearer to being usable, the earlier
};
[[nodiscard]] Survey survey_offers(const Pool& pool, const Market& market);

// Machines of each offer that others will get, although its stock still shows them.
using SpokenFor = std::map<OfferId, int>;

// Why offers are not for so many nodes of the need; those that are too few come first.
[[nodiscard]] std::vector<Excluded> exclude_offers(const Need& need,
                                                   const Survey& survey,
                                                   const SpokenFor& spoken_for);

// The lowest score first; ties go to fewer refusals and boot failures, faster boot, then name.
[[nodiscard]] Ranking rank_surveyed(const Need& need,
                                    const Survey& survey,
                                    const Market& market,
                                    const SpokenFor& spoken_for);
// Both in one.
[[nodiscard]] Ranking rank_offers(const Need& need, const Pool& pool, const Market& market);

// Why its price rules an offer out; empty if it does not. `cap` is per GPU and hour.
[[nodiscard]] std::string price_trouble(const Offer& offer, const std::optional<Money>& cap);

// Why the first few are left out, in one line; or "no offer matches the pool". In full, the
// providers' words are among it.
enum class Telling { kShort, kInFull };
[[nodiscard]] std::string format_exclusions(const Ranking& ranking, Telling telling);

}  // namespace spillway
