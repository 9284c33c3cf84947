// SPDX-License-Identifier: GPL-2.0-or-later
//
// Slurm's power saving as two tables: what each state of a cloud node looks like, and what becomes
// of it on each event. An event that the table does not know in a state changes nothing.
// Source: slurmctld's power_save.c (_do_power_work) and node_mgr.c, 22.05 to 26.05, with
// ReturnToService=2 and without idle_on_node_suspend, as `spillway slurm-conf` writes it;
// docs/slurm-facts.md, "Power saving".
#pragma once

#include <optional>

#include "core/world.h"

namespace spillway {

enum class SimNodeState {
  kOff,           // idle~
  kOffCalled,     // idle~, to be powered up: by an admin's hand
  kOffAllocated,  // alloc~, to be powered up for the job that got it
  kOffDown,       // down~
  kStarting,      // alloc#
  kStartingIdle,  // idle#
  kStartingDown,  // down#
  kIdle,          // idle
  kAllocated,     // alloc
  kDown,          // down
  kEnding,        // idle%
  kEndingDown,    // down%
};

enum class SimNodeEvent {
  kAllocate,        // a job gets it
  kLeave,           // its job ends, is cancelled or requeued
  kRound,           // the power-saving thread comes by
  kRegister,        // a slurmd registers under its name
  kSilent,          // SlurmdTimeout has passed without a word from its slurmd
  kResumeTimeout,   // has passed since it was powered up
  kSuspendTime,     // has passed since it was busy
  kSuspendTimeout,  // has passed since it was powered down
  kSetDown,         // scontrol update state=down
  kSetDrain,
  kSetPowerUp,
  kSetPowerDown,
  kSetResume,
  kRestart,  // of slurmctld
};

// What slurmctld does beside the change of state. Bits.
enum SimNodeEffect : unsigned {
  kCallsResume = 1U << 0U,       // ResumeProgram
  kCallsSuspend = 1U << 1U,      // SuspendProgram
  kCallsResumeFail = 1U << 2U,   // ResumeFailProgram
  kRequeues = 1U << 3U,          // the job that has the node loses all its nodes and waits again
  kStartsIdleClock = 1U << 4U,   // last_busy = now
  kStopsIdleClock = 1U << 5U,    // last_busy = 0: SuspendTime never passes
  kResetsAddress = 1U << 6U,     // NodeAddr = the node's name
  kAsksPowerDown = 1U << 7U,     // flag POWER_DOWN: as soon as it is up and idle
  kForgetsPowerDown = 1U << 8U,  // the flag is taken off
};

struct SimNodeFacts {
  SimNodeState state;
  const char* sign;  // as sinfo shows it; one that waits to be powered up has a '+' more
  NodeBase base;
  bool powered_down;
  bool powering_up;
  bool powering_down;
};

struct SimNodeStep {
  SimNodeEvent event;
  SimNodeState from;
  SimNodeState to;
  unsigned effects;  // of SimNodeEffect
};

[[nodiscard]] const SimNodeFacts& facts_of(SimNodeState state);
[[nodiscard]] const char* sim_node_event_name(SimNodeEvent event);

// Nothing when the event means nothing in that state.
[[nodiscard]] std::optional<SimNodeStep> find_step(SimNodeState state, SimNodeEvent event);

}  // namespace spillway
