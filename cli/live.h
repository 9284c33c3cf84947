// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway doctor --live`: each answer of a real provider against what its driver expects. Values
// in, lines out.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/check.h"
#include "cli/watched_transport.h"
#include "core/catalog.h"
#include "core/cloud.h"
#include "core/config.h"
#include "core/offer.h"
#include "lib/time.h"

namespace spillway {

struct LiveContext {
  const Config& config;
  const ProviderConfig& provider;
  const Catalog& catalog;
  TimePoint now;
};

// Are the offers whole, and does each pool find one?
[[nodiscard]] std::vector<CheckLine> judge_offers(const std::vector<Offer>& offers,
                                                  const LiveContext& context);
[[nodiscard]] std::vector<CheckLine> judge_machines(const std::vector<CloudMachine>& machines,
                                                    const LiveContext& context);
// How long the calls of one verb took.
[[nodiscard]] CheckLine judge_calls(const std::string& verb, const std::vector<SeenCall>& calls);

[[nodiscard]] const char* cloud_state_name(CloudState state);

// "1.2 s", "2 min 3 s": as exactly as a person wants to know how long a call took.
[[nodiscard]] std::string format_moment(std::chrono::milliseconds time);

}  // namespace spillway
