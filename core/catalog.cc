// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/catalog.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "core/config_reader.h"
#include "core/config_values.h"
#include "lib/text.h"
#include "lib/yaml.h"

namespace spillway {
namespace {

constexpr std::array<std::string_view, 3> kForms{"sxm", "pcie", "nvl"};
constexpr Money kDearestGpu = Money::from_cents(100'000);  // above it no price of one GPU
constexpr int kMostGpus = 1'000;                           // above it no machine

Error refusal(const YamlNode& node, const std::string& right) {
  return Error{ErrorCode::kInvalid, "found " + describe(node) + ": " + right, {}};
}

Result<std::string> read_form(const YamlNode& node) {
  const bool is_form = node.kind == YamlNode::Kind::kScalar &&
                       std::find(kForms.begin(), kForms.end(), node.scalar) != kForms.end();
  return is_form ? Result<std::string>(node.scalar)
                 : refusal(node, "sxm, pcie or nvl belongs here; without the key it means any");
}

Result<Money> read_gpu_price(const YamlNode& node) {
  auto price = read_price(node);
  if (!price || *price <= kDearestGpu) return price;
  return refusal(node, "the price of one GPU for an hour belongs here, at most 1000");
}

Result<TimePoint> read_date(const YamlNode& node) {
  auto date = parse_time(node.scalar + "T00:00:00Z");
  if (node.kind == YamlNode::Kind::kScalar && date) return date;
  return refusal(node, "the day on which the price was seen belongs here, as in 2026-09-20");
}

void read_entry(Section& section, Catalog& catalog) {
  CatalogPrice price;
  section.required("provider", price.provider, read_name);
  section.required("gpu", price.gpu, read_gpu);
  section.optional("form", price.form, read_form);
  section.optional("network", price.network, read_network);
  section.optional("gpus", price.gpus, read_count);
  section.required("price_per_gpu_hour", price.per_gpu_hour, read_gpu_price);
  section.required("date", price.date, read_date);
  section.required("source", price.source, read_text);
  const auto key = [](const CatalogPrice& each) {
    return std::tie(each.provider, each.gpu, each.form, each.network, each.gpus);
  };
  const auto is_same = [&](const CatalogPrice& other) { return key(other) == key(price); };
  if (std::any_of(catalog.prices.begin(), catalog.prices.end(), is_same)) {
    section.add("", "the same offer has a price above: keep the newer one");
  }
  catalog.prices.push_back(std::move(price));
}

bool may_mean(const CatalogPrice& price, const Offer& offer, const std::string& form) {
  return price.provider == offer.id.provider && price.gpu == offer.gpu &&
         (price.form.empty() || form.empty() || price.form == form) &&
         (price.network.empty() || price.network == offer.id.fabric) &&
         (!price.gpus || *price.gpus == offer.gpus);
}

const CatalogPrice* find_dearest(const Catalog& catalog, const Offer& offer) {
  const auto form = form_of(offer.id);
  const CatalogPrice* dearest = nullptr;
  for (const auto& price : catalog.prices) {
    if (!may_mean(price, offer, form)) continue;
    if (dearest == nullptr || price.per_gpu_hour > dearest->per_gpu_hour) dearest = &price;
  }
  return dearest;
}

}  // namespace

Result<Catalog> parse_catalog(std::string_view text, const std::string& file) {
  Catalog catalog;
  const auto status = read_document(text, file, [&](Section& root) {
    root.items("prices", Presence::kRequired, [&](Section& entry) { read_entry(entry, catalog); });
  });
  if (!status) return status.error();
  return catalog;
}

void apply_catalog(std::vector<Offer>& offers, const Catalog& catalog) {
  for (auto& offer : offers) {
    const bool has_gpus = offer.gpus > 0 && offer.gpus <= kMostGpus && !offer.gpu.empty();
    if (offer.price_per_hour || !has_gpus) continue;
    const auto* price = find_dearest(catalog, offer);
    if (price == nullptr) continue;
    offer.price_per_hour = price->per_gpu_hour * offer.gpus;
    offer.price_source = PriceSource::kCatalog;
    offer.catalog_date = price->date;
  }
}

std::string form_of(const OfferId& offer) {
  const auto type = to_lower(offer.type);
  const auto* const form = std::find_if(kForms.begin(), kForms.end(), [&](auto each) {
    return type.find(each) != std::string::npos;
  });
  return form == kForms.end() ? "" : std::string(*form);
}

}  // namespace spillway
