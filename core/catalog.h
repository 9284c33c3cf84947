// SPDX-License-Identifier: GPL-2.0-or-later
//
// The catalog: prices with the day on which they were seen, for providers that do not tell theirs.
// What it says is no promise: such a price may rank an offer, and never satisfies a price cap.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/offer.h"
#include "lib/money.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

// One price on demand. What is left away holds for any.
struct CatalogPrice {
  std::string provider;
  std::string gpu;      // "h100", as offers name it
  std::string form;     // "sxm", "pcie" or "nvl"
  std::string network;  // "infiniband" or "ethernet"
  std::optional<int> gpus;
  Money per_gpu_hour;
  TimePoint date;      // midnight UTC of the day it was seen
  std::string source;  // where, for people
};

struct Catalog {
  std::vector<CatalogPrice> prices;
};

// Reads the text of catalog.yaml. `file` is for messages.
// Errors: kInvalid; one line a finding, as parse_config's.
[[nodiscard]] Result<Catalog> parse_catalog(std::string_view text, const std::string& file);

// Prices the offers that have GPUs and no price, each by the dearest entry that may be meant: an
// offer that does not tell its form can be any. Without such an entry the price stays unknown.
void apply_catalog(std::vector<Offer>& offers, const Catalog& catalog);

// "sxm", "pcie" or "nvl" out of a type's name ("gpu_8x_h100_sxm5"); empty when it does not tell.
[[nodiscard]] std::string form_of(const OfferId& offer);

}  // namespace spillway
