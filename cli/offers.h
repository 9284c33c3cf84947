// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway offers`: what the configured providers would rent out now, the cheapest GPU first.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/books.h"
#include "core/cloud.h"
#include "core/offer.h"
#include "lib/json.h"
#include "lib/result.h"

namespace spillway {

struct ProviderAnswer {
  std::string provider;
  std::vector<Offer> offers;
  std::optional<Error> error;
  Capabilities capabilities{};
};

// Which offers are shown.
struct OffersFilter {
  std::string gpu;          // of this GPU; empty: any
  bool infiniband = false;  // only with InfiniBand
  int machines = 0;         // so many can be had, or nobody knows; 0: sold out, too
};

struct OffersInput {
  std::vector<ProviderAnswer> answers;
  std::map<OfferId, Cooldown> cooldowns;
  std::optional<Money> price_cap;  // per GPU and hour
  OffersFilter filter;
  TimePoint now;
};

// Those who did not answer, and why.
[[nodiscard]] Json failures_json(const std::vector<ProviderAnswer>& answers);

// Offers without a GPU are left out: no pool can use them. A provider without an answer has a row
// that says why.
[[nodiscard]] std::string offers_screen(const OffersInput& input, bool colours);
[[nodiscard]] Json offers_json(const OffersInput& input);

}  // namespace spillway
