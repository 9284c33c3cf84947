// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/lambda/offers.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Boot times of machines with one and with eight GPUs, as Lambda's documentation names them (3 to
// 5 and 10 to 15 minutes).
constexpr seconds kBootOfSmall = minutes(4);
constexpr seconds kBootOfLarge = minutes(12);
constexpr int kLargeFrom = 8;

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

// "gpu_8x_h100_sxm5" -> "h100"; empty for another form.
std::string model_from_name(std::string_view name) {
  const auto parts = split(name, '_');
  if (parts.size() < 3 || parts[0] != "gpu" || !parts[1].ends_with('x')) return "";
  if (!parse_whole_number(parts[1].substr(0, parts[1].size() - 1))) return "";
  return is_word(parts[2]) ? std::string(parts[2]) : "";
}

// "NVIDIA RTX 6000 (24 GB)" -> "rtx6000".
std::string model_from_description(std::string_view description) {
  static constexpr std::array<std::string_view, 4> kFamilies{
      "nvidia", "tesla", "quadro", "geforce"};
  const auto before = to_lower(description.substr(0, description.find('(')));
  std::string model;
  for (const auto word : split(before, ' ')) {
    if (std::find(kFamilies.begin(), kFamilies.end(), word) == kFamilies.end()) model += word;
  }
  return is_word(model) ? model : "";
}

bool has_capacity(const LambdaType& type, const std::string& region) {
  const auto& regions = type.regions_with_capacity;
  return std::find(regions.begin(), regions.end(), region) != regions.end();
}

}  // namespace

const Capabilities& lambda_capabilities() {
  // Source: Lambda Cloud API 1.10.0, introduction (rates), launch (user-data, tags); billing page
  // of the documentation. How soon the list shows a machine is not documented: the delay is ours.
  static const Capabilities capabilities{
      .machines_per_order = 1,
      .between_orders = seconds(12),
      .between_requests = seconds(1),
      .user_data_kind = UserDataKind::kPlain,
      .user_data_limit = 1'000'000,
      .has_tags = true,
      .selects_fabric = false,
      .shrinks_leases = true,
      .billing = {.quantum = minutes(1), .minimum = seconds(0)},
      .typical_boot = minutes(10),
      .list_delay = minutes(1),
  };
  return capabilities;
}

std::string lambda_gpu_model(const LambdaType& type) {
  if (type.gpus == 0) return "";
  auto model = model_from_name(type.name);
  return model.empty() ? model_from_description(type.gpu_description) : model;
}

std::vector<Offer> make_lambda_offers(const std::vector<LambdaType>& types,
                                      const std::vector<std::string>& regions,
                                      TimePoint seen_at) {
  std::vector<Offer> offers;
  offers.reserve(types.size() * regions.size());
  for (const auto& type : types) {
    Offer offer;
    offer.gpu = lambda_gpu_model(type);
    offer.gpus = type.gpus;
    offer.cpus = type.cpus;
    offer.memory_mib = type.memory_mib;
    offer.infiniband = false;
    offer.price_per_hour = type.price_per_hour;
    offer.price_source = PriceSource::kLive;
    offer.seen_at = seen_at;
    offer.boot_time = type.gpus >= kLargeFrom ? kBootOfLarge : kBootOfSmall;
    offer.billing = lambda_capabilities().billing;
    for (const auto& region : regions) {
      offer.id = OfferId{"lambda", region, type.name, "ethernet"};
      offer.stock = has_capacity(type, region) ? std::nullopt : std::optional<int>(0);
      offers.push_back(offer);
    }
  }
  return offers;
}

}  // namespace spillway
