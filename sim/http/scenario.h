// SPDX-License-Identifier: GPL-2.0-or-later
//
// The scenario file: which clouds there are, what they rent out, how they behave. docs/simcloud.md
// describes it; whatever the file leaves out has the value that the cloud's documents give.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result.h"
#include "lib/secret.h"
#include "sim/cloud.h"

namespace spillway {

struct SimFileSystem {
  std::string name;
  std::string region;
};

// One account at one cloud.
struct CloudScenario {
  Secret api_key;
  SimCloudSettings cloud;
  std::vector<std::string> ssh_keys;
  std::vector<SimFileSystem> file_systems;
  std::chrono::milliseconds order_interval{0};    // already scaled; 0: no limit
  std::chrono::milliseconds request_interval{0};  // already scaled; 0: no limit
};

enum class MachineBackend { kNone, kProcess };

struct Scenario {
  CloudScenario lambda;
  MachineBackend backend = MachineBackend::kProcess;
  std::optional<int> node_gpus;  // simulated GPUs of every machine; nothing: as its type says
};

// Refuses unknown keys, wrong types, and machines in regions that do not exist.
// Errors: kInvalid, "what: key: why".
[[nodiscard]] Result<Scenario> parse_scenario(std::string_view text, const std::string& what);

}  // namespace spillway
