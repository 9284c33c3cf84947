// SPDX-License-Identifier: GPL-2.0-or-later
//
// The life of a machine, as two tables: what each state means, and which event leads where. An
// event that the table does not know in a state changes nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spillway {

enum class MachineState {
  kWanted,     // intent only: no call has left
  kOrdered,    // a call has left or may have left; whether a machine exists is not known
  kBooting,    // the cloud has it, we know its id
  kJoined,     // it called join and knows its node
  kReady,      // it passed the health gate, and starts slurmd when its gang is whole
  kReleasing,  // to be ended; asked again until the cloud's list no longer shows it
  kGone,       // the cloud confirmed its end
  kRefused,    // it never came to be
  kFailed,     // it exists and is no good; its release comes next
  kLost,       // the cloud no longer shows it, unasked
};

enum class MachineEvent {
  kOrderSent,
  kAccepted,  // the cloud gave an id, or its list shows our mark
  kRefused,   // the cloud said no, or the intent was dropped before a call
  kNotMade,   // the list shows that an order without answer made nothing
  kJoined,
  kReady,
  kUnhealthy,  // the health gate, the boot deadline
  kVanished,   // the list no longer shows it
  kRelease,    // we want it ended
  kGone,       // the list, or "not found", confirms the end
  kSeenAgain,  // the list shows one that we held for gone
};

struct MachineStateFacts {
  MachineState state;
  const char* name;  // as shown to people and kept in the ledger
  bool may_bill;     // a machine in this state may cost money
  bool holds_node;   // its node may not get another machine
  bool is_final;
};

[[nodiscard]] const MachineStateFacts& facts_of(MachineState state);
[[nodiscard]] std::optional<MachineState> parse_machine_state(std::string_view name);
[[nodiscard]] const char* machine_event_name(MachineEvent event);

// Nothing when the event means nothing in that state.
[[nodiscard]] std::optional<MachineState> next_state(MachineState state, MachineEvent event);

}  // namespace spillway
