// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway offers`: what the configured providers would rent out now, the cheapest GPU first.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/books.h"
#include "core/offer.h"
#include "lib/json.h"
#include "lib/result.h"

namespace spillway {

struct ProviderAnswer {
  std::string provider;
  std::vector<Offer> offers;
  std::optional<Error> error;
};

struct OffersInput {
  std::vector<ProviderAnswer> answers;
  std::map<OfferId, Cooldown> cooldowns;
  std::optional<Money> price_cap;  // per GPU and hour
  std::string gpu;                 // only offers of this GPU; empty: any
  TimePoint now;
};

// Offers without a GPU are left out: no pool can use them.
[[nodiscard]] std::string offers_screen(const OffersInput& input, bool colours);
[[nodiscard]] Json offers_json(const OffersInput& input);

}  // namespace spillway
