// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/choice.h"

#include <tuple>

namespace spillway::contract {
namespace {

bool is_wished(const Offer& offer, const Wish& wish) {
  const bool is_sold_out = offer.stock == 0;
  if (is_sold_out != (wish.machines == 0)) return false;
  if (offer.stock && *offer.stock < wish.machines) return false;
  if (!offer.price_per_hour || offer.price_source != PriceSource::kLive) return false;
  if (*offer.price_per_hour > wish.most_price) return false;
  return (wish.name.empty() || is_named(offer.id, wish.name)) && wish.fits(offer.id);
}

auto cost(const Offer& offer) {
  return std::tuple(*offer.price_per_hour, offer.boot_time, offer.id);
}

}  // namespace

bool is_named(const OfferId& id, const std::string& name) {
  const auto whole = format_offer_id(id);
  return name == whole || name == whole.substr(id.provider.size() + 1);
}

std::optional<Offer> choose_offer(const std::vector<Offer>& offers, const Wish& wish) {
  const Offer* cheapest = nullptr;
  for (const auto& offer : offers) {
    if (!is_wished(offer, wish)) continue;
    if (cheapest == nullptr || cost(offer) < cost(*cheapest)) cheapest = &offer;
  }
  return cheapest == nullptr ? std::nullopt : std::optional(*cheapest);
}

}  // namespace spillway::contract
