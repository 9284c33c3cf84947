// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/offers.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <tuple>
#include <utility>

#include "lib/text.h"
#include "providers/voltage-park/machine_id.h"
#include "providers/voltage-park/shape.h"
#include "providers/wire.h"

namespace spillway {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// As third parties saw it.
constexpr seconds kBootOfNode = minutes(15);
constexpr seconds kBootOfVm = minutes(5);

// How time is counted is not documented, prices are by the hour: begun hours are paid, until the
// admin knows better. Nothing can be counted in larger steps than the least that is paid.
BillingTerms billing_of(const ProviderConfig& config) {
  const seconds hour = hours(1);
  if (!config.minimum_charge) return {.quantum = hour, .minimum = hour};
  return {.quantum = std::clamp(*config.minimum_charge, seconds(1), hour),
          .minimum = *config.minimum_charge};
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::optional<int> read_stock(const Json& row, const std::string& key, int each) {
  const auto count = row.integer(key.c_str());
  if (!count || *count < 0 || each <= 0) return std::nullopt;
  return static_cast<int>(std::min<std::int64_t>(*count / each, std::numeric_limits<int>::max()));
}

void set_shape(Offer& offer, const VoltageParkShape& shape) {
  offer.id.type = shape.type;
  offer.gpu = shape.gpu;
  offer.gpus = shape.gpus;
  offer.cpus = shape.cpus;
  offer.memory_mib = shape.memory_mib;
}

std::optional<Money> read_preset_price(const Json& preset) {
  const auto compute = read_hourly_price(preset.get("compute_rate_hourly"));
  const auto storage = read_hourly_rate(preset.get("storage_rate_hourly"));
  if (!compute || !storage) return std::nullopt;
  return *compute + *storage;
}

// Smaller is better: in stock, with a price, cheap.
auto merit(const Offer& offer) {
  return std::make_tuple(offer.stock == 0, !offer.price_per_hour, offer.price_per_hour);
}

}  // namespace

Capabilities voltage_park_capabilities(const ProviderConfig& config) {
  // Nodes an order: a gang must be one rental to be one fabric; the largest stock seen is 16 nodes.
  // Rates, the size of user-data and the list's delay are documented nowhere: they are ours, with
  // room to spare. A list of 10,000 rentals takes three minutes at that rate, of 100 two seconds.
  return Capabilities{
      .machines_per_order = kVoltageParkMostNodes,
      .between_orders = seconds(1),
      .between_requests = milliseconds(250),
      .user_data_kind = UserDataKind::kStructured,
      .user_data_limit = 16'384,
      .has_tags = true,
      .selects_fabric = true,
      .shrinks_leases = true,
      .billing = billing_of(config),
      .typical_boot = kBootOfNode,
      .list_delay = minutes(2),
  };
}

VoltageParkMarketReader::VoltageParkMarketReader(const ProviderConfig& config, TimePoint seen_at)
    : regions_(config.regions), image_(config.image) {
  common_.id.provider = "voltage-park";
  common_.id.fabric = "ethernet";
  common_.price_source = PriceSource::kLive;
  common_.seen_at = seen_at;
  common_.billing = billing_of(config);
}

Result<std::string> VoltageParkMarketReader::note_location(const Json& row) {
  auto id = row.string("id").value_or("");
  if (id.empty()) return not_understood("a location has no id");
  add_once(market_.locations, id);
  return id;
}

bool VoltageParkMarketReader::is_wanted(const std::string& location) const {
  return regions_.empty() ||
         std::find(regions_.begin(), regions_.end(), location) != regions_.end();
}

void VoltageParkMarketReader::add_network(const Json& row,
                                          const std::string& network,
                                          Offer offer) {
  const auto price_key = "gpu_price_" + network;
  const auto count_key = "gpu_count_" + network;
  const auto per_gpu = read_hourly_price(row.get(price_key.c_str()));
  offer.stock = read_stock(row, count_key, offer.gpus);
  if (!per_gpu && !offer.stock) return;  // the location has no such network
  if (per_gpu) offer.price_per_hour = *per_gpu * offer.gpus;
  offer.id.fabric = network;
  offer.infiniband = network == "infiniband";
  market_.offers.push_back(std::move(offer));
}

Status VoltageParkMarketReader::add_location(const Json& row) {
  const auto location = note_location(row);
  if (!location) return location.error();
  auto offer = common_;
  offer.id.region = *location;
  offer.boot_time = kBootOfNode;
  set_shape(offer, read_voltage_park_node(row.get("specs_per_node")));
  if (offer.id.type.empty() || !is_wanted(*location)) return {};
  for (const char* network : {"ethernet", "infiniband"})
    add_network(row, network, offer);
  return {};
}

void VoltageParkMarketReader::add_preset(const Json& preset, const std::string& location) {
  const auto id = preset.string("id").value_or("");
  const auto system = preset.string("operating_system").value_or("");
  if (!system.empty()) add_once(market_.systems, system);
  auto offer = common_;
  offer.id.region = location;
  offer.boot_time = kBootOfVm;
  offer.price_per_hour = read_preset_price(preset);
  offer.stock = read_stock(preset, "available_vms", 1);
  set_shape(offer, read_voltage_park_vm(preset.get("resources")));
  const bool boots_what_is_wanted =
      image_.empty() ? !system.starts_with("Windows") : system == image_;
  if (id.empty() || offer.id.type.empty() || !boots_what_is_wanted || !is_wanted(location)) return;
  const auto [other, is_new] = vms_.emplace(offer.id, offer);
  if (!is_new && merit(other->second) <= merit(offer)) return;
  market_.presets[offer.id] = id;
  other->second = std::move(offer);
}

Status VoltageParkMarketReader::add_vm_location(const Json& row) {
  const auto location = note_location(row);
  if (!location) return location.error();
  const auto presets = row.get("available_presets");
  for (std::size_t i = 0; i < presets.size(); ++i)
    add_preset(presets.at(i), *location);
  return {};
}

VoltageParkMarket VoltageParkMarketReader::take() {
  for (auto& [id, offer] : vms_)
    market_.offers.push_back(std::move(offer));
  vms_.clear();
  return std::move(market_);
}

}  // namespace spillway
