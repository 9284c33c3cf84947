// SPDX-License-Identifier: GPL-2.0-or-later
//
// The model of one cloud on a clock that the test moves.
#pragma once

#include <string>
#include <utility>

#include "sim/cloud.h"
#include "tests/support/cmocka.h"

namespace spillway {

inline constexpr TimePoint kStart = from_unix_seconds(1'795'000'000);

inline SimCloudSettings settings() {
  SimType type;
  type.name = "big";
  type.price_per_hour = Money::from_cents(3192);
  type.gpus = 8;
  type.capacity = {{"east", 2}};
  SimCloudSettings made;
  made.provider = "lambda";
  made.regions = {{"east", "East"}, {"west", "West"}};
  made.types = {type};
  made.boot = {std::chrono::seconds(100), std::chrono::seconds(100)};
  made.terminate = {std::chrono::seconds(10), std::chrono::seconds(10)};
  made.list_delay = std::chrono::seconds(3);
  return made;
}

// A cloud on a clock that the test moves.
struct ModelWorld {
  explicit ModelWorld(SimCloudSettings with = settings()) : cloud(std::move(with), clock, faults) {}

  std::string order(const std::string& name = "m") {
    const auto id = cloud.order({"big", "east", name, "#!/bin/sh\n", Json::object()});
    if (!id) fail_msg("order: %s", id.error().message.c_str());
    return *id;
  }
  std::string status(const std::string& id) {
    const SimMachine* machine = cloud.find(id);
    return machine == nullptr ? "none" : sim_status_name(machine->status);
  }
  void next_machine(SimMachineFaultKind kind,
                    std::chrono::seconds after = std::chrono::seconds(0)) {
    faults.replace({{}, {{kind, "next", after, {}}}});
  }
  void fault(const std::string& id, SimMachineFaultKind kind) {
    faults.replace({{}, {{kind, id, std::chrono::seconds(0), {}}}});
  }
  // "b" a machine booted, "s" one stopped, since the last look.
  std::string changes() {
    cloud.advance();
    std::string seen;
    for (const SimChange& change : cloud.take_changes())
      seen += change.kind == SimChangeKind::kBooted ? 'b' : 's';
    return seen;
  }

  ManualClock clock{kStart};
  SimFaults faults;
  SimCloud cloud;
};

}  // namespace spillway
