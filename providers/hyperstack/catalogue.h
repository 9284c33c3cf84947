// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Hyperstack sells, as values: the shapes, how many of each there are, and the price book;
// three lists that know nothing of each other. Pure. Errors: kProtocol.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/json.h"
#include "lib/money.h"
#include "lib/result.h"

namespace spillway {

// A machine's shape. Numbers that are absent are 0, so that it fits no pool.
struct HyperstackFlavor {
  std::string name;  // "n3-H100x8"
  std::string region;
  std::string gpu;  // "H100-80G-PCIe"; empty for a machine without GPUs
  int gpus = 0;
  int cpus = 0;
  std::int64_t memory_mib = 0;
  bool is_in_stock = true;  // false only when Hyperstack says so
};

// Region and GPU -> machines that can be had, by their number of GPUs.
using HyperstackStock = std::map<std::pair<std::string, std::string>, std::map<int, int>>;

// Dollars of an hour, by name; nothing where they cannot be read.
using HyperstackPrices = std::map<std::string, std::optional<Money>>;

[[nodiscard]] Result<std::vector<HyperstackFlavor>> read_hyperstack_flavors(const Json& body);
[[nodiscard]] Result<HyperstackStock> read_hyperstack_stock(const Json& body);
[[nodiscard]] Result<HyperstackPrices> read_hyperstack_prices(const Json& body);

}  // namespace spillway
