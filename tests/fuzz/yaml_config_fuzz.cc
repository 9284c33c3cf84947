// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is accepted must hold together: each node leads to its pool, each offer to its provider.
// What is refused must be told on lines of their own that begin with the file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/config.h"
#include "tests/fuzz/told_well.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool holds_together(const spillway::Config& config) {
  if (config.cluster.empty() || config.providers.empty() || config.pools.empty()) return false;
  for (const auto& pool : config.pools) {
    if (pool.nodes.empty() || pool.shape.gpus < 1 || pool.offers.empty()) return false;
    for (const auto& node : pool.nodes) {
      if (config.find_pool_of(node) != config.find_pool(pool.name)) return false;
    }
    for (const auto& offer : pool.offers) {
      if (config.find_provider(offer.provider) == nullptr) return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = spillway::parse_config(text, "f");
  const bool is_fine =
      config ? holds_together(*config) : spillway::is_told_well(config.error().message);
  if (!is_fine) std::abort();
  return 0;
}
