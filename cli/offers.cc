// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/offers.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "cli/cooldown_words.h"
#include "cli/table.h"
#include "core/cooldown.h"
#include "core/ranking.h"
#include "lib/text.h"

namespace spillway {
namespace {

std::optional<Money> price_per_gpu(const Offer& offer) {
  if (!offer.price_per_hour) return std::nullopt;
  return divide(*offer.price_per_hour, offer.gpus);
}

// Cheapest GPU first, unknown prices last, then by name.
bool comes_before(const Offer& a, const Offer& b) {
  const auto key = [](const Offer& offer) {
    const auto price = price_per_gpu(offer);
    return std::tuple(!price.has_value(), price.value_or(Money()), offer.id);
  };
  return key(a) < key(b);
}

bool is_asked_for(const OffersFilter& filter, const Offer& offer) {
  return offer.gpus > 0 && (filter.gpu.empty() || offer.gpu == filter.gpu) &&
         (!filter.infiniband || offer.infiniband) &&
         (!offer.stock || *offer.stock >= filter.machines);
}

std::vector<Offer> shown_offers(const OffersInput& input) {
  std::vector<Offer> shown;
  for (const auto& answer : input.answers) {
    std::copy_if(answer.offers.begin(),
                 answer.offers.end(),
                 std::back_inserter(shown),
                 [&](const Offer& offer) { return is_asked_for(input.filter, offer); });
  }
  std::sort(shown.begin(), shown.end(), comes_before);
  return shown;
}

Cell availability(const OffersInput& input, const Offer& offer) {
  const Cooldown* cooldown = find_cooldown(input.cooldowns, offer.id, input.now);
  if (cooldown != nullptr) {
    return {"refused, " + again_words(*cooldown, input.now),
            cooldown->needs_admin ? Tint::kBad : Tint::kWarning};
  }
  if (!offer.stock) return {"yes", Tint::kGood};
  if (*offer.stock == 0) return {"sold out", Tint::kFaint};
  return {counted(*offer.stock, "machine"), Tint::kGood};
}

std::string note_of(const OffersInput& input, const Offer& offer) {
  const auto trouble = price_trouble(offer, input.price_cap);
  return trouble.empty() ? "" : "never chosen: " + trouble;
}

std::string price_source(const Offer& offer, TimePoint now) {
  if (!offer.price_per_hour) return "";
  if (offer.catalog_date) return "catalog, " + format_old(*offer.catalog_date, now);
  return "live, " + format_ago(offer.seen_at, now);
}

std::vector<Cell> offer_row(const OffersInput& input, const Offer& offer) {
  const auto per_gpu = price_per_gpu(offer);
  return {offer.id.provider,
          format_region(offer.id.region),
          offer.id.type,
          offer.gpu,
          std::to_string(offer.gpus),
          offer.id.fabric,
          per_gpu ? format_money(*per_gpu) : "?",
          per_gpu ? format_money(*offer.price_per_hour) : "?",
          availability(input, offer),
          format_duration(offer.boot_time),
          price_source(offer, input.now),
          note_of(input, offer)};
}

// Why there is no row: nothing is on offer, the GPU is misspelt, or the filter leaves nothing.
std::string nothing_shown(const OffersInput& input) {
  std::set<std::string> gpus;
  for (const auto& answer : input.answers) {
    for (const auto& offer : answer.offers) {
      if (offer.gpus > 0) gpus.insert(offer.gpu);
    }
  }
  if (gpus.empty()) return "no offer with a GPU\n";
  const auto& filter = input.filter;
  if (!filter.gpu.empty() && !gpus.contains(filter.gpu)) {
    const std::vector<std::string> known(gpus.begin(), gpus.end());
    return "no offer with a GPU called " + printable(filter.gpu, 64) + ": there are " +
           join(known, ", ") + "\n";
  }
  std::vector<std::string> used;
  if (!filter.gpu.empty()) used.push_back("--gpu " + filter.gpu);
  if (filter.infiniband) used.emplace_back("--infiniband");
  if (filter.machines > 0) used.push_back("--nodes " + std::to_string(filter.machines));
  return "no offer that is all of " + join(used, ", ") + "\n";
}

std::string summary(const OffersInput& input) {
  const auto answered =
      std::count_if(input.answers.begin(), input.answers.end(), [](const ProviderAnswer& answer) {
        return !answer.error.has_value();
      });
  const auto asked = static_cast<std::int64_t>(input.answers.size());
  if (answered == asked) return "";
  return std::to_string(answered) + " of " + counted(asked, "provider") +
         " answered: `spillway doctor` says more\n";
}

Json offer_json(const OffersInput& input, const Offer& offer) {
  const auto price_json = [](const std::optional<Money>& price) {
    return price ? Json::of(price->micros()) : Json::null();
  };
  Json json = Json::object();
  json.set("provider", offer.id.provider).set("region", offer.id.region);
  json.set("type", offer.id.type).set("fabric", offer.id.fabric);
  json.set("gpu", offer.gpu).set("gpus", offer.gpus).set("cpus", offer.cpus);
  json.set("memory_mib", offer.memory_mib).set("infiniband", offer.infiniband);
  json.set("price_microusd_per_hour", price_json(offer.price_per_hour));
  json.set("price_microusd_per_gpu_hour", price_json(price_per_gpu(offer)));
  json.set("price_source", offer.price_source == PriceSource::kLive ? "live" : "catalog");
  json.set("catalog_date",
           offer.catalog_date ? Json::of(format_time(*offer.catalog_date)) : Json::null());
  json.set("seen_at", format_time(offer.seen_at));
  json.set("stock", offer.stock ? Json::of(*offer.stock) : Json::null());
  json.set("boot_seconds", static_cast<std::int64_t>(offer.boot_time.count()));
  const Cooldown* cooldown = find_cooldown(input.cooldowns, offer.id, input.now);
  json.set("refused_until",
           cooldown == nullptr ? Json::null() : Json::of(format_time(cooldown->until)));
  json.set("refused_reason", cooldown == nullptr ? Json::null() : Json::of(cooldown->reason));
  return json;
}

}  // namespace

std::string offers_screen(const OffersInput& input, bool colours) {
  Table table({{"PROVIDER"},
               {"REGION"},
               {"TYPE"},
               {"GPU"},
               {"GPUS", Align::kRight},
               {"FABRIC"},
               {"$/GPU-h", Align::kRight},
               {"$/machine-h", Align::kRight},
               {"CAN HAVE"},
               {"BOOT"},
               {"PRICE FROM"},
               {""}});
  const auto shown = shown_offers(input);
  for (const auto& offer : shown)
    table.add_row(offer_row(input, offer));
  for (const auto& answer : input.answers) {
    if (!answer.error) continue;
    table.add_note(answer.provider, Cell("no answer: " + answer.error->message, Tint::kBad));
  }
  std::string text = table.empty() ? "" : table.text(colours);
  if (shown.empty()) text += nothing_shown(input);
  return text + summary(input);
}

Json offers_json(const OffersInput& input) {
  Json offers = Json::array();
  for (const auto& offer : shown_offers(input))
    offers.append(offer_json(input, offer));
  Json json = Json::object();
  json.set("at", format_time(input.now)).set("offers", offers);
  return json.set("failures", failures_json(input.answers));
}

Json failures_json(const std::vector<ProviderAnswer>& answers) {
  Json failures = Json::array();
  for (const auto& answer : answers) {
    if (!answer.error) continue;
    Json failure = Json::object();
    failure.set("provider", answer.provider).set("error", error_code_name(answer.error->code));
    failure.set("message", answer.error->message);
    failures.append(failure);
  }
  return failures;
}

}  // namespace spillway
