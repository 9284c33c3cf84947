// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is accepted must price an offer by nothing but what an entry says; what is refused must be
// told on lines of their own that begin with the file.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/catalog.h"
#include "tests/fuzz/told_well.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool prices_each_of_its_own(const spillway::Catalog& catalog) {
  for (const auto& price : catalog.prices) {
    if (price.provider.empty() || price.gpu.empty() || price.source.empty()) return false;
    spillway::Offer offer;
    offer.id = {price.provider, "r", price.form, price.network};
    offer.gpu = price.gpu;
    offer.gpus = price.gpus.value_or(1);
    if (offer.gpus > 1000) continue;  // no machine
    std::vector<spillway::Offer> offers = {offer};
    spillway::apply_catalog(offers, catalog);
    // Another entry may be dearer, never cheaper.
    if (!offers[0].price_per_hour || !offers[0].catalog_date) return false;
    if (*offers[0].price_per_hour < price.per_gpu_hour * offer.gpus) return false;
  }
  return !catalog.prices.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto catalog = spillway::parse_catalog(text, "f");
  const bool is_fine =
      catalog ? prices_each_of_its_own(*catalog) : spillway::is_told_well(catalog.error().message);
  if (!is_fine) std::abort();
  return 0;
}
