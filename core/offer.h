// SPDX-License-Identifier: GPL-2.0-or-later
//
// An offer: what a provider would rent out, where, at which price, and whether it has any.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

// What tells one offer from another; cool-downs and rankings are kept by it.
struct OfferId {
  std::string provider;  // "lambda"
  std::string region;    // "us-east-1"
  std::string type;      // "gpu_8x_h100_sxm5"
  std::string fabric;    // "ethernet" or "infiniband"

  friend auto operator<=>(const OfferId&, const OfferId&) = default;  // NOLINT: no nullptr here
};

// The region for people: of a UUID, which is all that Voltage Park's locations have, the first
// eight digits.
[[nodiscard]] std::string format_region(const std::string& region);

// "lambda us-east-1 gpu_8x_h100_sxm5", with the fabric when it is infiniband.
[[nodiscard]] std::string format_offer_id(const OfferId& id);

// How a provider counts time: each begun `quantum` is paid, and `minimum` at least.
struct BillingTerms {
  std::chrono::seconds quantum{60};
  std::chrono::seconds minimum{0};
};

enum class PriceSource { kLive, kCatalog };

struct Offer {
  OfferId id;
  std::string gpu;  // "h100", lower case; empty for a machine without GPUs
  int gpus = 0;
  int cpus = 0;
  std::int64_t memory_mib = 0;
  bool infiniband = false;
  std::optional<Money> price_per_hour;  // of one machine; an unknown price is never chosen
  PriceSource price_source = PriceSource::kLive;
  std::optional<TimePoint> catalog_date;  // day of the price, when it is the catalog's
  TimePoint seen_at;                      // when the provider said so
  // Machines that can be had: nothing when the provider tells only "some", 0 when it is sold out.
  std::optional<int> stock;
  std::chrono::seconds boot_time{600};  // order to ready, typical
  BillingTerms billing;
};

}  // namespace spillway
