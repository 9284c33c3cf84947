// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/machine.h"

#include <array>
#include <cstddef>

namespace spillway {
namespace {

using S = MachineState;
using E = MachineEvent;

// state, name, may bill, holds its node, final
constexpr std::array<MachineStateFacts, 10> kStates = {{
    {S::kWanted, "wanted", false, true, false},
    {S::kOrdered, "ordered", true, true, false},
    {S::kBooting, "booting", true, true, false},
    {S::kJoined, "joined", true, true, false},
    {S::kReady, "ready", true, true, false},
    {S::kReleasing, "releasing", true, true, false},
    {S::kGone, "gone", false, false, true},
    {S::kRefused, "refused", false, false, true},
    {S::kFailed, "failed", true, true, false},
    {S::kLost, "lost", true, true, false},
}};

struct Step {
  MachineState from;
  MachineEvent event;
  MachineState to;
};

// In this state, on this event, go there.
constexpr Step kSteps[] = {
    {S::kWanted, E::kOrderSent, S::kOrdered}, {S::kWanted, E::kRefused, S::kRefused},
    {S::kWanted, E::kRelease, S::kRefused},

    {S::kOrdered, E::kAccepted, S::kBooting}, {S::kOrdered, E::kRefused, S::kRefused},
    {S::kOrdered, E::kNotMade, S::kWanted},

    {S::kBooting, E::kJoined, S::kJoined},    {S::kBooting, E::kUnhealthy, S::kFailed},
    {S::kBooting, E::kVanished, S::kLost},    {S::kBooting, E::kRelease, S::kReleasing},

    {S::kJoined, E::kReady, S::kReady},       {S::kJoined, E::kUnhealthy, S::kFailed},
    {S::kJoined, E::kVanished, S::kLost},     {S::kJoined, E::kRelease, S::kReleasing},

    {S::kReady, E::kUnhealthy, S::kFailed},   {S::kReady, E::kVanished, S::kLost},
    {S::kReady, E::kRelease, S::kReleasing},

    {S::kFailed, E::kRelease, S::kReleasing}, {S::kFailed, E::kVanished, S::kGone},
    {S::kFailed, E::kGone, S::kGone},

    {S::kLost, E::kSeenAgain, S::kReleasing}, {S::kLost, E::kRelease, S::kReleasing},
    {S::kLost, E::kGone, S::kGone},

    {S::kReleasing, E::kGone, S::kGone},

    {S::kGone, E::kSeenAgain, S::kReleasing}, {S::kRefused, E::kSeenAgain, S::kReleasing},
};

}  // namespace

const MachineStateFacts& facts_of(MachineState state) {
  return kStates[static_cast<std::size_t>(state)];
}

std::optional<MachineState> parse_machine_state(std::string_view name) {
  for (const auto& facts : kStates) {
    if (name == facts.name) return facts.state;
  }
  return std::nullopt;
}

const char* machine_event_name(MachineEvent event) {
  constexpr const char* kNames[] = {"order sent",
                                    "accepted",
                                    "refused",
                                    "not made",
                                    "joined",
                                    "ready",
                                    "unhealthy",
                                    "vanished",
                                    "release",
                                    "gone",
                                    "seen again"};
  return kNames[static_cast<std::size_t>(event)];
}

std::optional<MachineState> next_state(MachineState state, MachineEvent event) {
  for (const auto& step : kSteps) {
    if (step.from == state && step.event == event) return step.to;
  }
  return std::nullopt;
}

}  // namespace spillway
