// SPDX-License-Identifier: GPL-2.0-or-later
//
// The scenario file: which clouds there are, what they rent out, how they behave. docs/simcloud.md
// describes it; whatever the file leaves out has the value that the cloud's documents give.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result.h"
#include "lib/secret.h"
#include "sim/cloud.h"
#include "sim/http/api.h"
#include "sim/rate.h"

namespace spillway {

struct CloudScenario;

// Makes a cloud's API over its model; both the model and the clock must outlive it.
using ApiFactory =
    std::function<std::unique_ptr<CloudApi>(const CloudScenario&, SimCloud&, const Clock&)>;

// One account at one cloud: what all clouds have. What only one has is in its `make_api`.
struct CloudScenario {
  std::string prefix;  // of the API's paths: "/lambda/api/v1"
  Secret api_key;
  SimCloudSettings cloud;
  SimType usual_type;  // what a type is where the file is silent
  std::vector<std::string> ssh_keys;
  SimRates documented_rates;
  SimRates rates;  // the same, scaled: what the API keeps to
  ApiFactory make_api;
};

enum class MachineBackend { kNone, kProcess, kNamespace };

struct Scenario {
  std::vector<CloudScenario> clouds;  // those that are served, each once
  MachineBackend backend = MachineBackend::kProcess;
  std::optional<int> node_gpus;  // simulated GPUs of every machine; nothing: as its type says
  std::string shared_folder;     // that machines in namespaces share with the host; empty: none

  [[nodiscard]] const CloudScenario* find(std::string_view provider) const;
};

// Refuses unknown keys, wrong types, and machines in regions that do not exist.
// Errors: kInvalid, "what: key: why".
[[nodiscard]] Result<Scenario> parse_scenario(std::string_view text, const std::string& what);

}  // namespace spillway
