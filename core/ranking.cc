// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/ranking.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "core/billing.h"
#include "core/cooldown.h"

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr std::chrono::hours kAssumedWhenUnlimited{24};

bool matches(const OfferFilter& filter, const Offer& offer) {
  return (filter.provider.empty() || filter.provider == offer.id.provider) &&
         (filter.type.empty() || filter.type == offer.id.type) &&
         (filter.region.empty() || filter.region == offer.id.region) &&
         (filter.network.empty() || filter.network == offer.id.fabric);
}

bool stands_behind(const Pool& pool, const Offer& offer) {
  return std::any_of(pool.offers.begin(), pool.offers.end(), [&](const auto& filter) {
    return matches(filter, offer);
  });
}

// What the pool promises Slurm, the machine must have; the job's need is within the promise.
std::string lacks(const Offer& offer, const Shape& shape, const Need& need) {
  const auto too_few = [](const char* what, std::int64_t has, std::int64_t wanted) {
    return std::string(what) + ": has " + std::to_string(has) + ", the pool promises " +
           std::to_string(wanted);
  };
  if (offer.gpu != shape.gpu) return "GPU is " + offer.gpu + ", the pool promises " + shape.gpu;
  if (offer.gpus < shape.gpus) return too_few("GPUs", offer.gpus, shape.gpus);
  if (offer.cpus < shape.cpus) return too_few("CPUs", offer.cpus, shape.cpus);
  if (offer.memory_mib < shape.memory_mib) {
    return too_few("MiB of memory", offer.memory_mib, shape.memory_mib);
  }
  if ((need.infiniband || shape.infiniband) && !offer.infiniband) return "no InfiniBand";
  return "";
}

std::string stock_trouble(const Offer& offer, int machines) {
  if (!offer.stock || *offer.stock >= machines) return "";
  if (*offer.stock == 0) return "sold out";
  return "has " + std::to_string(*offer.stock) + " of " + std::to_string(machines) + " machines";
}

std::string exclusion(const Offer& offer,
                      const Need& need,
                      const Pool& pool,
                      const Policy& policy) {
  if (auto lack = lacks(offer, pool.shape, need); !lack.empty()) return lack;
  if (auto price = price_trouble(offer, policy.max_price_per_gpu_hour); !price.empty())
    return price;
  return stock_trouble(offer, need.nodes);
}

std::string cooling(const Cooldown& cooldown, TimePoint now) {
  const bool is_account = cooldown.offer.region.empty();
  return std::string(is_account ? "account refused" : "refused") + ", tried again in " +
         format_duration(std::chrono::ceil<seconds>(cooldown.until - now));
}

Money expected_cost(const Offer& offer, const Need& need) {
  const seconds run = need.time_limit ? seconds(*need.time_limit) : seconds(kAssumedWhenUnlimited);
  return cost_for(*offer.price_per_hour, offer.boot_time + run, offer.billing) * need.nodes;
}

}  // namespace

std::string price_trouble(const Offer& offer, const std::optional<Money>& cap) {
  if (!offer.price_per_hour) return "price unknown";
  if (!cap || offer.gpus == 0) return "";
  if (offer.price_source != PriceSource::kLive) return "price from the catalog, and there is a cap";
  const auto per_gpu = divide(*offer.price_per_hour, offer.gpus);
  if (per_gpu <= *cap) return "";
  return format_money(per_gpu) + " $/GPU-h is over the cap of " + format_money(*cap);
}

Ranking rank_offers(const Need& need, const Pool& pool, const Market& market) {
  Ranking ranking;
  for (const auto& offer : market.offers) {
    if (!stands_behind(pool, offer)) continue;
    const auto* cooldown = find_cooldown(market.cooldowns, offer.id, market.now);
    auto why = exclusion(offer, need, pool, market.config.policy);
    if (!why.empty()) {
      ranking.excluded.push_back({offer.id, std::move(why), ""});
    } else if (cooldown != nullptr) {
      ranking.excluded.push_back({offer.id, cooling(*cooldown, market.now), cooldown->reason});
    } else {
      ranking.places.push_back({offer, expected_cost(offer, need)});
    }
  }
  const auto refusals = [&](const Ranked& place) {
    const auto found = market.cooldowns.find(cooled_by(place.offer.id, ErrorCode::kNoCapacity));
    return found == market.cooldowns.end() ? 0 : found->second.refusals;
  };
  std::sort(ranking.places.begin(), ranking.places.end(), [&](const auto& a, const auto& b) {
    return std::make_tuple(a.expected_cost, refusals(a), a.offer.boot_time, a.offer.id) <
           std::make_tuple(b.expected_cost, refusals(b), b.offer.boot_time, b.offer.id);
  });
  return ranking;
}

std::string format_exclusions(const Ranking& ranking, Telling telling) {
  constexpr std::size_t kShown = 4;
  if (ranking.excluded.empty()) return "no offer matches the pool";
  std::string text;
  for (std::size_t i = 0; i < ranking.excluded.size() && i < kShown; ++i) {
    if (!text.empty()) text += "; ";
    const auto& [offer, why, words] = ranking.excluded[i];
    text += format_offer_id(offer) + ": " + why;
    if (telling == Telling::kInFull && !words.empty()) text += " (" + words + ")";
  }
  if (ranking.excluded.size() > kShown) {
    text += "; and " + std::to_string(ranking.excluded.size() - kShown) + " more";
  }
  return text;
}

}  // namespace spillway
