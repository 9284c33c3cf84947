// SPDX-License-Identifier: GPL-2.0-or-later
//
// A simulated Lambda to try: one cheap type and one that a pool would use, in one region.
#pragma once

#include <string>

namespace spillway {

inline constexpr const char* kTrialKey = "secret_trial_0123";

inline std::string trial_scenario(int boot_seconds) {
  const auto boot = std::to_string(boot_seconds);
  return R"json({
  "api_keys": {"lambda": "secret_trial_0123"},
  "lambda": {
    "regions": ["us-east-1"],
    "types": {"gpu_8x_h100_sxm5": {"price_cents_per_hour": 3192, "vcpus": 208, "memory_gib": 1800,
        "storage_gib": 22528, "gpus": 8, "gpu_description": "H100 (80 GB SXM5)",
        "capacity": {"us-east-1": 1}},
      "gpu_1x_a10": {"price_cents_per_hour": 75, "vcpus": 30, "memory_gib": 226,
        "storage_gib": 1400, "gpus": 1, "gpu_description": "A10 (24 GB PCIe)",
        "capacity": {"us-east-1": 2}}},
    "ssh_keys": ["ops"], "boot_seconds": [)json" +
         boot + "," + boot + R"json(], "list_delay_seconds": 0, "terminate_seconds": [1, 1],
    "rate_scale": 0},
  "machines": {"backend": "none", "node_gpus": 1},
  "seed": 1})json";
}

}  // namespace spillway
