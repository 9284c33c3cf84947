// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/plan.h"

#include <algorithm>
#include <utility>

#include "cli/cooldown_words.h"
#include "cli/table.h"
#include "core/billing.h"
#include "core/cooldown.h"
#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::ceil;
using std::chrono::seconds;

constexpr std::size_t kLongestWords = 300;

std::vector<Offer> all_offers(const PlanInput& input) {
  std::vector<Offer> offers;
  for (const auto& answer : input.answers)
    offers.insert(offers.end(), answer.offers.begin(), answer.offers.end());
  return offers;
}

Capabilities capabilities_of(const PlanInput& input, const std::string& provider) {
  for (const auto& answer : input.answers) {
    if (answer.provider == provider) return answer.capabilities;
  }
  return {};
}

// So long the calls take that a provider's limits part.
seconds ordering_time(const Capabilities& capabilities, int machines) {
  const int at_once = std::max(1, capabilities.machines_per_order);
  const int calls = (machines + at_once - 1) / at_once;
  return ceil<seconds>(capabilities.between_orders * std::max(0, calls - 1));
}

PlannedPlace plan_place(const PlanInput& input, const Need& need, const Ranked& ranked) {
  const auto& offer = ranked.offer;
  PlannedPlace place;
  place.ranked = ranked;
  place.billed = billed_time(offer.boot_time + need.time_limit.value_or(std::chrono::minutes(0)),
                             offer.billing);
  place.ordering = ordering_time(capabilities_of(input, offer.id.provider), need.nodes);
  place.ready_in = offer.boot_time + place.ordering;
  return place;
}

Need need_in(const Pool& pool, const PlanInput& input) {
  Need need = input.need;
  if (need.gpus_per_node == 0) need.gpus_per_node = pool.shape.gpus;
  return sized_for(need, pool.shape);
}

std::string misfit_in(const Pool& pool, const Need& need) {
  const auto nodes = static_cast<std::int64_t>(pool.nodes.size());
  if (nodes < need.nodes) {
    return "needs " + counted(need.nodes, "node") + ", has " + std::to_string(nodes);
  }
  return misfit(need, pool.shape);
}

PoolPlan plan_pool(const Pool& pool, const PlanInput& input, const std::vector<Offer>& offers) {
  PoolPlan plan;
  plan.pool = pool.name;
  plan.need = need_in(pool, input);
  plan.misfit = misfit_in(pool, plan.need);
  if (!plan.misfit.empty()) return plan;
  auto ranking =
      rank_offers(plan.need, pool, Market{offers, input.config, input.cooldowns, input.now});
  for (const auto& ranked : ranking.places) {
    auto cap = cap_trouble(input.committed, ranked.offer, plan.need.nodes, input.config);
    if (cap.empty()) {
      plan.places.push_back(plan_place(input, plan.need, ranked));
    } else {
      plan.excluded.push_back({ranked.offer.id, std::move(cap), "", std::nullopt});
    }
  }
  plan.excluded.insert(plan.excluded.end(), ranking.excluded.begin(), ranking.excluded.end());
  return plan;
}

std::string request_words(const Need& need) {
  std::string text = counted(need.nodes, "node");
  if (need.gpus_per_node > 0) text += " x " + counted(need.gpus_per_node, "GPU");
  if (!need.gpu.empty()) text += " (" + need.gpu + ")";
  if (need.infiniband) text += ", InfiniBand";
  if (need.time_limit) text += ", for " + format_duration(*need.time_limit);
  return text;
}

std::string cost_words(const PlannedPlace& place, const Need& need) {
  const auto& [offer, cost, score] = place.ranked;
  auto text = std::to_string(need.nodes) + " x " + grouped(*offer.price_per_hour) + " $/h x " +
              format_duration(place.billed) + " = " + grouped(cost) + " $";
  if (score != cost) text += ", ranks as " + grouped(score) + " $ by policy.performance";
  return text;
}

std::string ready_words(const PlannedPlace& place) {
  const auto text = format_duration(place.ready_in);
  if (place.ordering == seconds(0)) return text;
  return text + " (" + format_duration(place.ordering) + " to order)";
}

std::string exclusion_words(const Excluded& excluded, const PlanInput& input) {
  auto text = excluded.why;
  const auto* cooldown = find_cooldown(input.cooldowns, excluded.offer, input.now);
  if (excluded.until && cooldown != nullptr) text += ", " + again_words(*cooldown, input.now);
  if (!excluded.words.empty()) text += ": " + printable(excluded.words, kLongestWords);
  return text;
}

std::vector<Cell> id_cells(const std::string& rank, const OfferId& id) {
  return {rank, id.provider, format_region(id.region), id.type, id.fabric};
}

std::string pool_table(const PoolPlan& plan, const PlanInput& input, bool colours) {
  Table table({{"", Align::kRight},
               {"PROVIDER"},
               {"REGION"},
               {"TYPE"},
               {"FABRIC"},
               {"READY IN"},
               {"EXPECTED COST"}});
  int rank = 0;
  for (const auto& place : plan.places) {
    auto cells = id_cells(std::to_string(++rank), place.ranked.offer.id);
    cells.emplace_back(ready_words(place));
    cells.emplace_back(cost_words(place, plan.need), rank == 1 ? Tint::kGood : Tint::kPlain);
    table.add_row(std::move(cells));
  }
  for (const auto& excluded : plan.excluded) {
    auto cells = id_cells("-", excluded.offer);
    cells.emplace_back("-");
    cells.emplace_back(exclusion_words(excluded, input), Tint::kFaint);
    table.add_row(std::move(cells));
  }
  const std::string nothing = "no offer of the providers that answered stands behind it\n";
  return "pool " + plan.pool + ": " + request_words(plan.need) + "\n" +
         (table.empty() ? nothing : table.text(colours));
}

std::string misfits(const PlanInput& input, const std::vector<PoolPlan>& plans) {
  std::string text;
  bool fits = false;
  for (const auto& plan : plans) {
    fits = fits || plan.misfit.empty();
    if (!plan.misfit.empty()) text += "pool " + plan.pool + " does not fit: " + plan.misfit + "\n";
  }
  if (fits || plans.empty()) return text;
  return "no pool of " + input.config.file + " fits " + request_words(input.need) + "\n" + text;
}

std::string failures(const PlanInput& input) {
  std::string text;
  for (const auto& answer : input.answers) {
    if (answer.error) text += answer.provider + ": no answer: " + answer.error->message + "\n";
  }
  return text;
}

Json id_json(const OfferId& id) {
  Json json = Json::object();
  json.set("provider", id.provider).set("region", id.region);
  return json.set("type", id.type).set("fabric", id.fabric);
}

Json seconds_json(seconds duration) {
  return Json::of(static_cast<std::int64_t>(duration.count()));
}

Json place_json(const PlannedPlace& place) {
  const auto& [offer, cost, score] = place.ranked;
  Json json = id_json(offer.id);
  json.set("price_microusd_per_hour", offer.price_per_hour->micros());
  json.set("price_source", offer.price_source == PriceSource::kLive ? "live" : "catalog");
  json.set("stock", offer.stock ? Json::of(*offer.stock) : Json::null());
  json.set("billed_seconds", seconds_json(place.billed));
  json.set("expected_cost_microusd", cost.micros()).set("score_microusd", score.micros());
  json.set("ordering_seconds", seconds_json(place.ordering));
  return json.set("ready_in_seconds", seconds_json(place.ready_in));
}

Json excluded_json(const Excluded& excluded) {
  Json json = id_json(excluded.offer);
  json.set("why", excluded.why).set("words", excluded.words);
  return json.set("until", excluded.until ? Json::of(format_time(*excluded.until)) : Json::null());
}

Json pool_json(const PoolPlan& plan) {
  Json places = Json::array();
  for (const auto& place : plan.places)
    places.append(place_json(place));
  Json excluded = Json::array();
  for (const auto& each : plan.excluded)
    excluded.append(excluded_json(each));
  Json json = Json::object();
  json.set("pool", plan.pool).set("fits", plan.misfit.empty());
  json.set("misfit", plan.misfit.empty() ? Json::null() : Json::of(plan.misfit));
  json.set("nodes", plan.need.nodes).set("gpus_per_node", plan.need.gpus_per_node);
  return json.set("places", places).set("excluded", excluded);
}

}  // namespace

std::vector<PoolPlan> make_plans(const PlanInput& input) {
  const auto offers = all_offers(input);
  std::vector<PoolPlan> plans;
  for (const auto& pool : input.config.pools) {
    if (input.pool.empty() || pool.name == input.pool) {
      plans.push_back(plan_pool(pool, input, offers));
    }
  }
  return plans;
}

bool has_place(const std::vector<PoolPlan>& plans) {
  return std::any_of(
      plans.begin(), plans.end(), [](const PoolPlan& plan) { return !plan.places.empty(); });
}

std::string plan_screen(const PlanInput& input, const std::vector<PoolPlan>& plans, bool colours) {
  std::string text;
  for (const auto& plan : plans) {
    if (plan.misfit.empty()) text += pool_table(plan, input, colours) + "\n";
  }
  const auto rest = misfits(input, plans) + tinted(failures(input), Tint::kBad, colours);
  if (rest.empty() && !text.empty()) text.pop_back();
  return text + rest;
}

Json plan_json(const PlanInput& input, const std::vector<PoolPlan>& plans) {
  Json pools = Json::array();
  for (const auto& plan : plans)
    pools.append(pool_json(plan));
  Json json = Json::object();
  json.set("at", format_time(input.now)).set("gpu", input.need.gpu);
  json.set("infiniband", input.need.infiniband);
  json.set("time_limit_minutes",
           input.need.time_limit
               ? Json::of(static_cast<std::int64_t>(input.need.time_limit->count()))
               : Json::null());
  return json.set("pools", pools).set("failures", failures_json(input.answers));
}

}  // namespace spillway
