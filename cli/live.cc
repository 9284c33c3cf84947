// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/live.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "cli/table.h"
#include "core/ranking.h"
#include "lib/text.h"

namespace spillway {
namespace {

using Lines = std::vector<CheckLine>;
using Names = std::set<std::string>;

constexpr std::size_t kNamesShown = 8;
constexpr std::chrono::seconds kSlow{10};

std::string listed(const Names& names) {
  std::vector<std::string> shown;
  for (const auto& name : names) {
    if (shown.size() == kNamesShown) break;
    shown.push_back(printable(name, 64));
  }
  const auto more = names.size() - shown.size();
  return join(shown, ", ") + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

// The types of those offers of which `holds` is true.
Names types_where(const std::vector<Offer>& offers,
                  const std::function<bool(const Offer&)>& holds) {
  Names types;
  for (const auto& offer : offers) {
    if (holds(offer)) types.insert(offer.id.type.empty() ? "(no type)" : offer.id.type);
  }
  return types;
}

CheckLine count_offers(const std::vector<Offer>& offers) {
  Names regions;
  std::int64_t in_stock = 0;
  for (const auto& offer : offers) {
    regions.insert(offer.id.region);
    if (!offer.stock || *offer.stock > 0) ++in_stock;
  }
  const auto types = types_where(offers, [](const Offer&) { return true; });
  const auto number = [](const Names& names) { return static_cast<std::int64_t>(names.size()); };
  return {CheckLevel::kOk,
          "offers",
          counted(static_cast<std::int64_t>(offers.size()), "offer") + ": " +
              counted(number(types), "type") + " in " + counted(number(regions), "region") + ", " +
              std::to_string(in_stock) + " can be had now"};
}

void judge_prices(const std::vector<Offer>& offers, const Catalog& catalog, Lines& lines) {
  auto priced = offers;
  apply_catalog(priced, catalog);
  const auto warn = [&](const Names& types, const std::string& what) {
    if (!types.empty()) lines.push_back({CheckLevel::kWarning, "offers", what + listed(types)});
  };
  const auto by_catalog = [](const Offer& offer) {
    return offer.price_source == PriceSource::kCatalog;
  };
  warn(types_where(priced, by_catalog), "no live price, only the catalog's: ");
  const auto unknown = [](const Offer& offer) { return !offer.price_per_hour; };
  warn(types_where(priced, unknown), "no price at all, so never chosen: ");
}

// What is absent fits no pool; the driver leaves it so instead of guessing.
void judge_shapes(const std::vector<Offer>& offers, Lines& lines) {
  const auto warn = [&](const Names& types, const std::string& what) {
    if (!types.empty()) lines.push_back({CheckLevel::kWarning, "offers", what + listed(types)});
  };
  warn(types_where(offers, [](const Offer& o) { return o.gpus > 0 && o.gpu.empty(); }),
       "the GPU's model cannot be told, so no pool can use: ");
  warn(types_where(offers, [](const Offer& o) { return o.cpus < 1 || o.memory_mib < 1; }),
       "CPUs or memory are not told, so no pool can use: ");
  std::map<OfferId, int> seen;
  for (const auto& offer : offers)
    ++seen[offer.id];
  warn(types_where(offers, [&](const Offer& o) { return seen[o.id] > 1; }),
       "told more than once for one region and fabric: ");
}

CheckLine name_models(const std::vector<Offer>& offers, const LiveContext& context) {
  Names known;
  for (const auto& pool : context.config.pools)
    known.insert(pool.shape.gpu);
  for (const auto& price : context.catalog.prices)
    known.insert(price.gpu);
  Names models;
  Names strangers;
  for (const auto& offer : offers) {
    if (offer.gpu.empty()) continue;
    models.insert(offer.gpu);
    if (!known.contains(offer.gpu)) strangers.insert(offer.gpu);
  }
  std::string text = "GPU models: " + (models.empty() ? "none" : listed(models));
  if (!strangers.empty()) text += "; in no pool and not in the catalog: " + listed(strangers);
  return {CheckLevel::kOk, "offers", text};
}

void judge_regions(const std::vector<Offer>& offers, const LiveContext& context, Lines& lines) {
  for (const auto& region : context.provider.regions) {
    const bool has_any = std::any_of(
        offers.begin(), offers.end(), [&](const Offer& o) { return o.id.region == region; });
    if (has_any) continue;
    lines.push_back({CheckLevel::kWarning, "offers", "no offer in the region " + region});
  }
}

CheckLine judge_pool(const Pool& pool,
                     const std::vector<Offer>& offers,
                     const LiveContext& context) {
  Need need;
  need.infiniband = pool.shape.infiniband;
  const auto ranking = rank_offers(need, pool, {offers, context.config, {}, context.now});
  const std::string name = "pool " + pool.name + ": ";
  if (!ranking.places.empty()) {
    const auto& best = ranking.places.front().offer;
    return {CheckLevel::kOk,
            "offers",
            name + counted(static_cast<std::int64_t>(ranking.places.size()), "offer") +
                " would do, first " + format_offer_id(best.id) + " at " +
                grouped(*best.price_per_hour) + " $/h"};
  }
  const bool is_blind = ranking.excluded.empty();
  return {is_blind ? CheckLevel::kFailure : CheckLevel::kWarning,
          "offers",
          name +
              (is_blind ? "none of its offers exists: look at type, region and network: "
                        : "none would do now: ") +
              format_exclusions(ranking, Telling::kInFull)};
}

std::string name_of(const CloudMachine& machine) {
  return printable(machine.id, 64) + " (" + format_mark(machine.mark) + ")";
}

}  // namespace

std::vector<CheckLine> judge_offers(const std::vector<Offer>& offers, const LiveContext& context) {
  Lines lines;
  if (offers.empty()) {
    const auto& regions = context.provider.regions;
    return {{CheckLevel::kFailure,
             "offers",
             regions.empty()
                 ? "none at all"
                 : "none at all: regions: is one of " + join(regions, ", ") + " right?"}};
  }
  lines.push_back(count_offers(offers));
  lines.push_back(name_models(offers, context));
  judge_prices(offers, context.catalog, lines);
  judge_shapes(offers, lines);
  judge_regions(offers, context, lines);
  auto priced = offers;
  apply_catalog(priced, context.catalog);
  for (const auto& pool : context.config.pools) {
    const bool is_ours =
        std::any_of(pool.offers.begin(), pool.offers.end(), [&](const OfferFilter& filter) {
          return filter.provider == context.provider.name;
        });
    if (is_ours) lines.push_back(judge_pool(pool, priced, context));
  }
  return lines;
}

std::vector<CheckLine> judge_machines(const std::vector<CloudMachine>& machines,
                                      const LiveContext& context) {
  const std::string ours = " of cluster " + context.config.cluster;
  if (machines.empty()) return {{CheckLevel::kOk, "machines", "none" + ours}};
  std::map<CloudState, std::int64_t> states;
  Lines lines;
  const auto warn = [&](const CloudMachine& machine, const std::string& what) {
    lines.push_back({CheckLevel::kWarning, "machines", name_of(machine) + ": " + what});
  };
  for (const auto& machine : machines) {
    ++states[machine.state];
    if (machine.state == CloudState::kUnknown) {
      warn(machine,
           "its status is a word that this driver does not know: it counts as neither "
           "running nor gone");
    }
    if (machine.state == CloudState::kRunning && machine.address.empty()) {
      warn(machine, "it runs and has no address");
    }
    if (machine.offer.type.empty()) warn(machine, "its type is not told");
  }
  std::vector<std::string> parts;
  parts.reserve(states.size());
  for (const auto& [state, count] : states)
    parts.push_back(std::to_string(count) + " " + cloud_state_name(state));
  lines.insert(lines.begin(),
               {CheckLevel::kOk,
                "machines",
                counted(static_cast<std::int64_t>(machines.size()), "machine") + ours + ": " +
                    join(parts, ", ")});
  return lines;
}

CheckLine judge_calls(const std::string& verb, const std::vector<SeenCall>& calls) {
  std::chrono::milliseconds sum{0};
  std::chrono::milliseconds slowest{0};
  for (const auto& call : calls) {
    sum += call.took;
    slowest = std::max(slowest, call.took);
  }
  std::string text = verb + ": " + counted(static_cast<std::int64_t>(calls.size()), "call") + ", " +
                     format_moment(sum);
  if (calls.size() > 1) text += ", the slowest " + format_moment(slowest);
  return {slowest < kSlow ? CheckLevel::kOk : CheckLevel::kWarning, "calls", text};
}

const char* cloud_state_name(CloudState state) {
  switch (state) {
    case CloudState::kBuilding:
      return "building";
    case CloudState::kRunning:
      return "running";
    case CloudState::kUnhealthy:
      return "unhealthy";
    case CloudState::kEnding:
      return "ending";
    case CloudState::kGone:
      return "gone";
    case CloudState::kUnknown:
      break;
  }
  return "in an unknown state";
}

std::string format_moment(std::chrono::milliseconds time) {
  using std::chrono::milliseconds;
  if (time >= std::chrono::seconds(10)) {
    return format_duration(std::chrono::floor<std::chrono::seconds>(time));
  }
  const auto tenths = (time + milliseconds(50)) / milliseconds(100);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace spillway
