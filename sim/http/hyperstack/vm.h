// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Hyperstack knows of a virtual machine beside what the model knows. Nothing in it moves by
// itself: each phase has its end written down, and what is shown follows from the time.
//
//   CREATING -> BUILD -> ACTIVE <-> (a phase) <-> SHUTOFF, HIBERNATED
//       `---------`-> ERROR         DELETING, then it is no longer found
//
// The floating address has phases of its own: NO FLOATING IP -> ATTACHING -> ATTACHED, and back by
// DETACHING -> DETACHED.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/json.h"
#include "sim/cloud.h"

namespace spillway::hyperstack_api {

struct VmEvent {
  TimePoint at;
  std::string type;  // "Normal", "Warning"
  std::string reason;
  std::string message;
};

struct FloatingIp {
  enum class Wish { kNone, kAttached, kDetached };
  Wish wish = Wish::kNone;
  TimePoint done_at;  // when the wish is fulfilled
};

struct Vm {
  std::string environment;
  Json request;  // the order's members that are shown again
  Json labels = Json::array();
  FloatingIp ip;
  std::string phase;  // "STOPPING": what it is until `phase_ends`
  TimePoint phase_ends;
  std::vector<VmEvent> events;  // of the calls that there were
};

[[nodiscard]] std::int64_t number_of(const SimMachine& machine);

[[nodiscard]] std::string status_of(const Vm& vm, const SimMachine& machine, TimePoint now);

// Whether it has been ACTIVE at all. What is in ERROR before that never ran.
[[nodiscard]] bool has_run(const SimMachine& machine);

// "ATTACHED"; and the address, null or "" as long as there is none.
[[nodiscard]] std::string ip_status_of(const Vm& vm, const SimMachine& machine, TimePoint now);
[[nodiscard]] Json floating_ip_of(const Vm& vm, const SimMachine& machine, TimePoint now);

// The calls' events and those of the machine itself, oldest first.
[[nodiscard]] std::vector<VmEvent> events_of(const Vm& vm, const SimMachine& machine);

}  // namespace spillway::hyperstack_api
