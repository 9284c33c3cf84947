// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hyperstack's flavors as offers: joined with stock and prices. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "core/offer.h"
#include "lib/money.h"
#include "lib/time.h"
#include "providers/hyperstack/catalogue.h"
#include "providers/provider.h"

namespace spillway {

// As documented, with the configured minimum charge.
[[nodiscard]] Capabilities hyperstack_capabilities(const ProviderConfig& config);

// The GPU's model as pools name it: "h100" of "H100-80G-SXM5", "rtxa6000" of "RTX-A6000"; empty
// when there is none. Rule: the parts between '-', in lower case, up to the first that has a digit.
// Memory, socket and what follows are not part of it: where they matter the pool names the type.
[[nodiscard]] std::string hyperstack_gpu_model(std::string_view gpu);

// Of one machine and hour: GPUs, CPUs and memory as the price book has them, and a public address.
// Nothing for a flavor whose GPU has no price, or none but zero, and for a price that is absurd.
[[nodiscard]] std::optional<Money> hyperstack_price(const HyperstackFlavor& flavor,
                                                    const HyperstackPrices& prices);

struct HyperstackCatalogue {
  std::vector<HyperstackFlavor> flavors;
  HyperstackStock stock;
  HyperstackPrices prices;
};

// The flavors of `region`, without the spot ones, which Hyperstack may take back.
[[nodiscard]] std::vector<Offer> make_hyperstack_offers(const HyperstackCatalogue& catalogue,
                                                        const std::string& region,
                                                        const Capabilities& capabilities,
                                                        TimePoint seen_at);

}  // namespace spillway
