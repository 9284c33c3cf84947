// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/catalogue.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "lib/text.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr std::int64_t kMibPerGib = 1024;
constexpr std::int64_t kMostGib = 1'000'000;

// "GB" in Hyperstack's words. Numbers like 1440.0 are what OpenStack's MiB give when divided by
// 1024 (likely); a fraction is dropped.
std::int64_t read_memory_mib(const Json& flavor) {
  const auto text = flavor.get("ram").as_decimal().value_or("");
  const auto whole = text.substr(0, text.find('.'));
  return parse_whole_number(whole, kMostGib).value_or(0) * kMibPerGib;
}

// Of a text that may stand in the group or in each of its rows.
std::string either_text(const Json& row, const Json& group, const char* key) {
  const auto text = row.string(key).value_or("");
  return text.empty() ? group.string(key).value_or("") : text;
}

Status read_group(const Json& group, std::vector<HyperstackFlavor>& flavors) {
  const auto rows = group.get("flavors");
  if (!rows.is_array()) return not_understood("a group of flavors has no list flavors");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows.at(i);
    HyperstackFlavor flavor;
    flavor.name = row.string("name").value_or("");
    flavor.region = either_text(row, group, "region_name");
    if (flavor.name.empty() || flavor.region.empty()) {
      return not_understood("a flavor lacks name or region");
    }
    flavor.gpu = either_text(row, group, "gpu");
    flavor.gpus = small_count(row, "gpu_count");
    flavor.cpus = small_count(row, "cpu");
    flavor.memory_mib = read_memory_mib(row);
    flavor.is_in_stock = row.boolean("stock_available").value_or(true);
    flavors.push_back(std::move(flavor));
  }
  return {};
}

// {"1x": 36, "8x": 0} -> 1: 36, 8: 0. What is no such pair is not told.
std::map<int, int> read_configurations(const Json& configurations) {
  std::map<int, int> machines;
  configurations.for_each([&](const std::string& key, const Json& value) {
    if (!key.ends_with('x')) return;
    constexpr int kMost = std::numeric_limits<int>::max();
    const auto gpus = parse_whole_number(key.substr(0, key.size() - 1), kMost);
    const auto count = value.as_integer();
    if (!gpus || !count || *count < 0 || *count > kMost) return;
    machines[static_cast<int>(*gpus)] = static_cast<int>(*count);
  });
  return machines;
}

Status read_stock_of_region(const Json& row, HyperstackStock& stock) {
  const auto region = row.string("region").value_or("");
  const auto models = row.get("models");
  if (region.empty() || !models.is_array()) {
    return not_understood("a stock lacks region or models");
  }
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto model = models.at(i).string("model").value_or("");
    if (model.empty()) return not_understood("a model in the stock of " + region + " has no name");
    stock[{region, model}].merge(read_configurations(models.at(i).get("configurations")));
  }
  return {};
}

}  // namespace

Result<std::vector<HyperstackFlavor>> read_hyperstack_flavors(const Json& body) {
  const auto groups = body.get("data");
  if (!groups.is_array()) return not_understood("it has no list data");
  std::vector<HyperstackFlavor> flavors;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (auto status = read_group(groups.at(i), flavors); !status) return status.error();
  }
  return flavors;
}

Result<HyperstackStock> read_hyperstack_stock(const Json& body) {
  const auto rows = body.get("stocks");
  if (!rows.is_array()) return not_understood("it has no list stocks");
  HyperstackStock stock;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (auto status = read_stock_of_region(rows.at(i), stock); !status) return status.error();
  }
  return stock;
}

Result<HyperstackPrices> read_hyperstack_prices(const Json& body) {
  if (!body.is_array()) return not_understood("a price book is a list");
  HyperstackPrices prices;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const auto row = body.at(i);
    const auto name = row.string("name").value_or("");
    if (name.empty()) return not_understood("row " + std::to_string(i + 1) + " has no name");
    const auto price = read_hourly_rate(row.get("value"));
    const auto [entry, is_first] = prices.emplace(name, price);
    // Of two prices for one thing the higher counts, and one that cannot be read counts most.
    if (is_first || !entry->second) continue;
    entry->second = price ? std::max(entry->second, price) : std::nullopt;
  }
  return prices;
}

}  // namespace spillway
