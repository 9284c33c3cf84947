// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/offers.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::minutes;

constexpr std::int64_t kMibPerGib = 1024;
constexpr Money kMostPerHour = Money::from_cents(100'000'000);  // more is no price

// Adds `count` times `rate`; false when that is more than any price.
bool add(Money& total, Money rate, std::int64_t count) {
  std::int64_t part = 0;
  if (__builtin_mul_overflow(rate.micros(), count, &part)) return false;
  if (part > kMostPerHour.micros()) return false;
  total += Money::from_micros(part);
  return true;
}

// The price of a thing; `otherwise` when the book does not have it.
std::optional<Money> price_of(const HyperstackPrices& prices,
                              const std::string& name,
                              std::optional<Money> otherwise) {
  const auto found = prices.find(name);
  return found == prices.end() ? otherwise : found->second;
}

struct Rates {
  std::optional<Money> gpu;
  std::optional<Money> cpu;
  std::optional<Money> gib;
  std::optional<Money> address;
};

// What may be included need not be in the book. The plain "vCPU" and "RAM" are likely to be 0,
// since a GPU's price includes them (one live integration of 2026-10). If they are not, an offer
// must not look cheaper than its bill.
Rates find_rates(const HyperstackFlavor& flavor, const HyperstackPrices& prices) {
  const auto address = price_of(prices, "PublicIP", Money{});
  if (!flavor.gpu.empty()) {
    return {price_of(prices, flavor.gpu, std::nullopt),
            price_of(prices, "vCPU", Money{}),
            price_of(prices, "RAM", Money{}),
            address};
  }
  return {Money{},
          price_of(prices, "vCPU (cpu-only-flavors)", std::nullopt),
          price_of(prices, "RAM (cpu-only-flavors)", std::nullopt),
          address};
}

// The machine itself, without its address.
std::optional<Money> price_of_machine(const HyperstackFlavor& flavor, const Rates& rates) {
  if (!rates.gpu || !rates.cpu || !rates.gib) return std::nullopt;
  Money total;
  const bool fits = add(total, *rates.gpu, flavor.gpus) && add(total, *rates.cpu, flavor.cpus) &&
                    add(total, *rates.gib, flavor.memory_mib / kMibPerGib);
  return fits ? std::optional(total) : std::nullopt;
}

bool is_spot(const HyperstackFlavor& flavor) {
  return flavor.gpu.ends_with("-spot");
}

std::optional<int> find_stock(const HyperstackFlavor& flavor, const HyperstackStock& stock) {
  if (!flavor.is_in_stock) return 0;
  const auto found = stock.find({flavor.region, flavor.gpu});
  if (found == stock.end()) return std::nullopt;
  const auto machines = found->second.find(flavor.gpus);
  return machines == found->second.end() ? std::nullopt : std::optional(machines->second);
}

bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

}  // namespace

Capabilities hyperstack_capabilities(const ProviderConfig& config) {
  // Source: Hyperstack's documentation: 20 machines a call; 500 requests a minute and address, of
  // which we use four fifths; billing by the begun minute. User-data: not documented; OpenStack
  // takes 65,535 bytes of base64. Boot times and how soon the list shows a machine: not documented.
  return Capabilities{
      .machines_per_order = 20,
      .between_orders = std::chrono::milliseconds(150),
      .between_requests = std::chrono::milliseconds(150),
      .user_data_kind = UserDataKind::kPlain,
      .user_data_limit = 49'149,
      .has_tags = true,
      .selects_fabric = false,
      .shrinks_leases = true,
      .billing = {.quantum = minutes(1), .minimum = config.minimum_charge.value_or(minutes(1))},
      .typical_boot = minutes(10),
      .list_delay = minutes(1),
  };
}

std::string hyperstack_gpu_model(std::string_view gpu) {
  std::string model;
  for (const auto part : split(gpu, '-')) {
    model += to_lower(part);
    if (has_digit(part)) return is_word(model) ? model : "";
  }
  return "";
}

std::optional<Money> hyperstack_price(const HyperstackFlavor& flavor,
                                      const HyperstackPrices& prices) {
  const bool has_gpus = flavor.gpus > 0;
  if (has_gpus == flavor.gpu.empty()) return std::nullopt;
  const auto rates = find_rates(flavor, prices);
  const auto machine = price_of_machine(flavor, rates);
  const bool is_free = machine == Money{} || (has_gpus && rates.gpu == Money{});
  if (!machine || is_free || !rates.address) return std::nullopt;
  return *machine + *rates.address;
}

std::vector<Offer> make_hyperstack_offers(const HyperstackCatalogue& catalogue,
                                          const std::string& region,
                                          const Capabilities& capabilities,
                                          TimePoint seen_at) {
  std::vector<Offer> offers;
  std::set<std::string> names;
  for (const auto& flavor : catalogue.flavors) {
    if (flavor.region != region || is_spot(flavor) || !names.insert(flavor.name).second) continue;
    Offer offer;
    offer.id = OfferId{"hyperstack", region, flavor.name, "ethernet"};
    offer.gpu = hyperstack_gpu_model(flavor.gpu);
    offer.gpus = flavor.gpus;
    offer.cpus = flavor.cpus;
    offer.memory_mib = flavor.memory_mib;
    offer.infiniband = false;
    offer.price_per_hour = hyperstack_price(flavor, catalogue.prices);
    offer.price_source = PriceSource::kLive;
    offer.seen_at = seen_at;
    offer.stock = find_stock(flavor, catalogue.stock);
    offer.boot_time = capabilities.typical_boot;
    offer.billing = capabilities.billing;
    offers.push_back(std::move(offer));
  }
  return offers;
}

}  // namespace spillway
