// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace spillway::voltage_park_api {

constexpr int kGpusPerNode = 8;
constexpr const char* kEthernet = "ethernet";
constexpr const char* kInfiniband = "infiniband";

// True for a type of bare-metal nodes; every other type is a preset of virtual machines.
[[nodiscard]] inline bool is_fabric(const std::string& type) {
  return type == kEthernet || type == kInfiniband;
}

}  // namespace spillway::voltage_park_api
