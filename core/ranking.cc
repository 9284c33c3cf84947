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
constexpr const char* kNoInfiniband = "no InfiniBand";
constexpr int kUsualPerformance = 1'000;

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
std::string lacks(const Offer& offer, const Shape& shape) {
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
  if (shape.infiniband && !offer.infiniband) return kNoInfiniband;
  return "";
}

std::string stock_trouble(const Offer& offer, int machines, const SpokenFor& spoken_for) {
  if (!offer.stock) return "";
  const auto spoken = spoken_for.find(offer.id);
  const int others = spoken == spoken_for.end() ? 0 : spoken->second;
  const int left = std::max(0, *offer.stock - others);
  if (left >= machines) return "";
  if (*offer.stock == 0) return "sold out";
  return "has " + std::to_string(left) + " of " + std::to_string(machines) + " machines" +
         (others > 0 ? ", others are spoken for" : "");
}

std::string unfit_for(const Need& need, const Offer& offer, const SpokenFor& spoken_for) {
  if (need.infiniband && !offer.infiniband) return kNoInfiniband;
  return stock_trouble(offer, need.nodes, spoken_for);
}

Excluded cooling(const Cooldown& cooldown, const OfferId& offer) {
  const bool is_account = cooldown.offer.region.empty();
  return {offer, is_account ? "account refused" : "refused", cooldown.reason, cooldown.until};
}

Money expected_cost(const Offer& offer, const Need& need) {
  const seconds run = need.time_limit ? seconds(*need.time_limit) : seconds(kAssumedWhenUnlimited);
  return cost_for(*offer.price_per_hour, offer.boot_time + run, offer.billing) * need.nodes;
}

Money score_of(Money cost, const Offer& offer, const Policy& policy) {
  const auto factor = policy.performance.find(offer.gpu);
  if (factor == policy.performance.end() || factor->second == kUsualPerformance) return cost;
  return divide(cost * kUsualPerformance, factor->second);
}

// Orders that were refused, and machines that did not come up.
int troubles_of(const Offer& offer, const Market& market) {
  const auto found = market.cooldowns.find(cooled_by(offer.id, ErrorCode::kNoCapacity));
  return found == market.cooldowns.end() ? 0 : found->second.refusals + found->second.failures;
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

Survey survey_offers(const Pool& pool, const Market& market) {
  Survey survey;
  std::vector<Excluded> others;
  for (const auto& offer : market.offers) {
    if (!stands_behind(pool, offer)) continue;
    auto lack = lacks(offer, pool.shape);
    auto price = price_trouble(offer, market.config.policy.max_price_per_gpu_hour);
    const auto* cooldown = find_cooldown(market.cooldowns, offer.id, market.now);
    if (!lack.empty()) {
      others.push_back({offer.id, std::move(lack), "", std::nullopt});
    } else if (!price.empty()) {
      survey.excluded.push_back({offer.id, std::move(price), "", std::nullopt});
    } else if (cooldown != nullptr) {
      survey.excluded.push_back(cooling(*cooldown, offer.id));
    } else {
      survey.usable.push_back(offer);
    }
  }
  survey.excluded.insert(survey.excluded.end(), others.begin(), others.end());
  return survey;
}

std::vector<Excluded> exclude_offers(const Need& need,
                                     const Survey& survey,
                                     const SpokenFor& spoken_for) {
  std::vector<Excluded> excluded;
  for (const auto& offer : survey.usable) {
    auto why = unfit_for(need, offer, spoken_for);
    if (!why.empty()) excluded.push_back({offer.id, std::move(why), "", std::nullopt});
  }
  excluded.insert(excluded.end(), survey.excluded.begin(), survey.excluded.end());
  return excluded;
}

Ranking rank_surveyed(const Need& need,
                      const Survey& survey,
                      const Market& market,
                      const SpokenFor& spoken_for) {
  Ranking ranking;
  ranking.excluded = exclude_offers(need, survey, spoken_for);
  for (const auto& offer : survey.usable) {
    if (!unfit_for(need, offer, spoken_for).empty()) continue;
    const auto cost = expected_cost(offer, need);
    ranking.places.push_back({offer, cost, score_of(cost, offer, market.config.policy)});
  }
  const auto rank = [&](const Ranked& place) {
    return std::make_tuple(
        place.score, troubles_of(place.offer, market), place.offer.boot_time, place.offer.id);
  };
  std::sort(ranking.places.begin(), ranking.places.end(), [&](const auto& a, const auto& b) {
    return rank(a) < rank(b);
  });
  return ranking;
}

Ranking rank_offers(const Need& need, const Pool& pool, const Market& market) {
  return rank_surveyed(need, survey_offers(pool, market), market, {});
}

std::string format_exclusions(const Ranking& ranking, Telling telling) {
  constexpr std::size_t kShown = 4;
  if (ranking.excluded.empty()) return "no offer matches the pool";
  std::string text;
  for (std::size_t i = 0; i < ranking.excluded.size() && i < kShown; ++i) {
    if (!text.empty()) text += "; ";
    const auto& [offer, why, words, until] = ranking.excluded[i];
    text += format_offer_id(offer) + ": " + why;
    if (telling == Telling::kInFull && !words.empty()) text += " (" + words + ")";
  }
  if (ranking.excluded.size() > kShown) {
    text += "; and " + std::to_string(ranking.excluded.size() - kShown) + " more";
  }
  return text;
}

}  // namespace spillway
