// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/slurm_power.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace spillway {
namespace {

using S = SimNodeState;
using E = SimNodeEvent;
using B = NodeBase;

// state, sign, base, powered down, powering up, powering down
constexpr std::array<SimNodeFacts, 12> kStates = {{
    {S::kOff, "idle~", B::kIdle, true, false, false},
    {S::kOffCalled, "idle~+", B::kIdle, true, false, false},
    {S::kOffAllocated, "alloc~+", B::kAllocated, true, false, false},
    {S::kOffDown, "down~", B::kDown, true, false, false},
    {S::kStarting, "alloc#", B::kAllocated, false, true, false},
    {S::kStartingIdle, "idle#", B::kIdle, false, true, false},
    {S::kStartingDown, "down#", B::kDown, false, true, false},
    {S::kIdle, "idle", B::kIdle, false, false, false},
    {S::kAllocated, "alloc", B::kAllocated, false, false, false},
    {S::kDown, "down", B::kDown, false, false, false},
    {S::kEnding, "idle%", B::kIdle, false, false, true},
    {S::kEndingDown, "down%", B::kDown, false, false, true},
}};

// On this event, from this state, to that one, and what is done.
constexpr SimNodeStep kSteps[] = {
    {E::kAllocate, S::kOff, S::kOffAllocated, 0},
    {E::kAllocate, S::kIdle, S::kAllocated, 0},

    {E::kLeave, S::kOffAllocated, S::kOff, 0},
    {E::kLeave, S::kStarting, S::kStartingIdle, 0},
    {E::kLeave, S::kAllocated, S::kIdle, kStartsIdleClock},

    {E::kRound, S::kOffCalled, S::kStartingIdle, kCallsResume},
    {E::kRound, S::kOffAllocated, S::kStarting, kCallsResume},

    // Whatever slurmd it is: one of a machine that should be gone brings the node back to life.
    {E::kRegister, S::kOff, S::kIdle, kStartsIdleClock},
    {E::kRegister, S::kOffCalled, S::kIdle, kStartsIdleClock},
    {E::kRegister, S::kOffAllocated, S::kAllocated, kStartsIdleClock},
    {E::kRegister, S::kOffDown, S::kIdle, kStartsIdleClock},
    {E::kRegister, S::kStarting, S::kAllocated, kStartsIdleClock},
    {E::kRegister, S::kStartingIdle, S::kIdle, kStartsIdleClock},
    {E::kRegister, S::kStartingDown, S::kIdle, kStartsIdleClock},
    {E::kRegister, S::kIdle, S::kIdle, 0},
    {E::kRegister, S::kAllocated, S::kAllocated, 0},
    {E::kRegister, S::kDown, S::kIdle, kStartsIdleClock},
    {E::kRegister, S::kEnding, S::kIdle, kStartsIdleClock},
    {E::kRegister, S::kEndingDown, S::kIdle, kStartsIdleClock},

    {E::kSilent, S::kIdle, S::kDown, 0},
    {E::kSilent, S::kAllocated, S::kDown, kRequeues | kStartsIdleClock},

    {E::kResumeTimeout,
     S::kStarting,
     S::kOffDown,
     kRequeues | kCallsResumeFail | kStopsIdleClock | kForgetsPowerDown},
    {E::kResumeTimeout,
     S::kStartingIdle,
     S::kOffDown,
     kCallsResumeFail | kStopsIdleClock | kForgetsPowerDown},
    {E::kResumeTimeout,
     S::kStartingDown,
     S::kOffDown,
     kCallsResumeFail | kStopsIdleClock | kForgetsPowerDown},

    {E::kSuspendTime, S::kIdle, S::kEnding, kCallsSuspend | kForgetsPowerDown},
    {E::kSuspendTime, S::kDown, S::kEndingDown, kCallsSuspend | kForgetsPowerDown},

    // Whether the machine is gone or not.
    {E::kSuspendTimeout, S::kEnding, S::kOff, kResetsAddress},
    {E::kSuspendTimeout, S::kEndingDown, S::kOffDown, kResetsAddress},

    {E::kSetDown, S::kOff, S::kOffDown, 0},
    {E::kSetDown, S::kOffCalled, S::kOffDown, 0},
    {E::kSetDown, S::kOffAllocated, S::kOffDown, kRequeues},
    {E::kSetDown, S::kStarting, S::kStartingDown, kRequeues},
    {E::kSetDown, S::kStartingIdle, S::kStartingDown, 0},
    {E::kSetDown, S::kIdle, S::kDown, 0},
    {E::kSetDown, S::kAllocated, S::kDown, kRequeues | kStartsIdleClock},
    {E::kSetDown, S::kEnding, S::kEndingDown, 0},

    {E::kSetDrain, S::kOffAllocated, S::kOffAllocated, kRequeues},
    {E::kSetDrain, S::kStarting, S::kStarting, kRequeues},

    {E::kSetPowerUp, S::kOff, S::kOffCalled, 0},

    // Of one that is powering up and not down, only the flag is set.
    {E::kSetPowerDown, S::kStarting, S::kStarting, kAsksPowerDown},
    {E::kSetPowerDown, S::kStartingIdle, S::kStartingIdle, kAsksPowerDown},
    {E::kSetPowerDown, S::kStartingDown, S::kEndingDown, kCallsSuspend | kForgetsPowerDown},
    {E::kSetPowerDown, S::kIdle, S::kEnding, kCallsSuspend | kForgetsPowerDown},
    {E::kSetPowerDown, S::kAllocated, S::kAllocated, kAsksPowerDown},
    {E::kSetPowerDown, S::kDown, S::kEndingDown, kCallsSuspend | kForgetsPowerDown},

    {E::kSetResume, S::kOffDown, S::kOff, 0},
    {E::kSetResume, S::kStartingDown, S::kStartingIdle, 0},
    {E::kSetResume, S::kDown, S::kIdle, kStartsIdleClock},
    {E::kSetResume, S::kEnding, S::kOff, 0},
    {E::kSetResume, S::kEndingDown, S::kOff, 0},

    // What was being powered up for a job is asked for again.
    {E::kRestart, S::kStarting, S::kStarting, kCallsResume},
};

}  // namespace

const SimNodeFacts& facts_of(SimNodeState state) {
  return kStates[static_cast<std::size_t>(state)];
}

const char* sim_node_event_name(SimNodeEvent event) {
  constexpr const char* kNames[] = {"allocate",
                                    "leave",
                                    "round",
                                    "register",
                                    "silent",
                                    "ResumeTimeout",
                                    "SuspendTime",
                                    "SuspendTimeout",
                                    "down",
                                    "drain",
                                    "power_up",
                                    "power_down",
                                    "resume",
                                    "restart"};
  return kNames[static_cast<std::size_t>(event)];
}

std::optional<SimNodeStep> find_step(SimNodeState state, SimNodeEvent event) {
  const auto* const found = std::find_if(std::begin(kSteps), std::end(kSteps), [&](const auto& s) {
    return s.from == state && s.event == event;
  });
  return found == std::end(kSteps) ? std::nullopt : std::optional(*found);
}

}  // namespace spillway
