// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which offer the cases order at an account that was given. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/offer.h"

namespace spillway::contract {

struct Wish {
  std::string name;  // is_named(); empty: any
  Money most_price;  // of one machine, an hour
  int machines = 1;  // that can be had; 0: an offer that is sold out
  std::function<bool(const OfferId& id)> fits = [](const OfferId&) { return true; };
};

// "lambda us-east-1 gpu_1x_a10", as `spillway` writes offers, with or without the provider.
[[nodiscard]] bool is_named(const OfferId& id, const std::string& name);

// The cheapest such offer with a live price; one whose stock the provider does not tell may do.
[[nodiscard]] std::optional<Offer> choose_offer(const std::vector<Offer>& offers, const Wish& wish);

}  // namespace spillway::contract
