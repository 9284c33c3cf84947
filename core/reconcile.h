// SPDX-License-Identifier: GPL-2.0-or-later
//
// The three-way comparison of ledger, clouds and Slurm: one table of what is done when they differ,
// for each combination of what the ledger holds, what the cloud's list shows, and how Slurm shows
// the node. follow_machines() asks it with each new list, tend_nodes() with each new view of Slurm.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>

#include "core/config.h"
#include "core/draft.h"
#include "core/plan.h"
#include "core/world.h"

namespace spillway {

enum class LedgerSide {
  kNone,      // no machine; of a node: and no open request
  kAsked,     // no machine, and an open request of Slurm's for the node
  kTrial,     // no machine; the mark is that of a trial
  kForeign,   // no machine; the mark is that of another ledger
  kWanted,    // the states of core/machine.h, and where it matters more:
  kOrdered,   //
  kUnwanted,  // ordered without an answer, and given up
  kBooting,   //
  kOverdue,   // booting, past the boot deadline
  kJoined,    //
  kLate,      // joined, past the boot deadline
  kRaising,   // ready, and its gang is not whole
  kServing,   // ready, and its gang is whole
  kFailed,    //
  kLost,      //
  kReleasing  //
};

enum class CloudSide {
  kNoNews,     // no new list, a failed one, or one too old to tell: Slurm has news
  kThere,      // building, running, or a word that we do not know
  kSick,       // shown unhealthy
  kEnding,     //
  kEnded,      // still shown, and ended
  kMissed,     // one complete list does not show it
  kMissing,    // nor does the next
  kNoneShown,  // the list is empty, and machines ran: an account's trouble looks like that
};

enum class SlurmSide {
  kUnknown,      // slurmctld does not answer
  kNoNode,       // slurm.conf does not have it
  kComing,       // POWERING_UP
  kOwed,         // allocated, not yet powered up
  kIdle,         // in service, no job
  kBusy,         // in service, with a job
  kDrained,      // in service, drained by an admin (or no cloud node at all)
  kMute,         // in service as Slurm has it, and it does not answer
  kDown,         // set down for its machine, by us or by Slurm; not powered down
  kDownByAdmin,  // set down by an admin; not powered down
  kGoing,        // POWERING_DOWN, or about to be
  kKeptGoing,    // the same, and drained or set down by an admin
  kOff,          // powered down
  kOffDown,      // powered down, and set down for its machine
  kKeptOff,      // powered down, and drained or set down by an admin
};

enum class Mend {
  kNothing,
  kAccept,      // the order was made
  kEndOnSight,  // it was, and is not needed any more
  kOrderAgain,  // it was not made
  kDropIntent,  // it was not made, nor is it needed any more
  kReplace,     // the machine is given back, its gang goes elsewhere
  kLose,        // the machine is gone from under its node
  kRelease,
  kEnd,       // the machine's row is closed
  kAdopt,     // an orphan gets a lease, and is released
  kAlert,     // a person must look
  kSendBack,  // the node is set down and powered down, with the reason
  kReturn,    // the node comes back into use
};

// How long a combination has to stand before something is done; see grace_time().
enum class Grace {
  kNone,
  kAlone,      // a call of ours, or of Slurm's, may be on its way
  kGivenUp,    // so may a request
  kEmptyList,  // one list more
  kHeard,      // Slurm hears its slurmd: the cloud is doubted
  kLate,       // slurmctld is back: the machine has its chance
  kRegister,   // a slurmd that does not register
  kOrphan,     // timing.orphan_grace
  kTrial,      // and timing.boot_deadline
};
[[nodiscard]] std::chrono::seconds grace_time(Grace grace, const Timing& timing);

template <typename Side>
struct SetOf {
  constexpr SetOf(std::initializer_list<Side> sides) {
    for (const auto side : sides)
      bits |= std::uint32_t{1} << static_cast<unsigned>(side);
  }
  [[nodiscard]] constexpr bool has(Side side) const {
    return (bits >> static_cast<unsigned>(side) & 1U) != 0;
  }
  [[nodiscard]] constexpr SetOf without(Side side) const {
    SetOf rest = *this;
    rest.bits &= ~(std::uint32_t{1} << static_cast<unsigned>(side));
    return rest;
  }
  std::uint32_t bits = 0;
};

struct Sight {
  LedgerSide ledger = LedgerSide::kNone;
  CloudSide cloud = CloudSide::kNoNews;
  SlurmSide slurm = SlurmSide::kUnknown;
};

struct MendRow {
  const char* name;
  SetOf<LedgerSide> ledger;
  SetOf<CloudSide> cloud;
  SetOf<SlurmSide> slurm;
  Grace grace;
  Mend mend;
  const char* why;  // said to people; empty when nothing is said
};

[[nodiscard]] std::span<const MendRow> mend_rows();
// The first row that fits; the last one fits everything, and does nothing.
[[nodiscard]] const MendRow& judge(const Sight& sight);

// What the sides are made of.
[[nodiscard]] LedgerSide ledger_side(const Draft& draft,
                                     const Machine& machine,
                                     const Timing& timing);
[[nodiscard]] CloudSide cloud_side(CloudState state);
[[nodiscard]] SlurmSide slurm_side(const Node& node);
[[nodiscard]] SlurmSide slurm_side(const SlurmView* slurm, const std::string& node);

// The row for what is seen of `key` now, once its grace has passed without a break; nullptr before.
template <typename Key>
const MendRow* judge_over_time(std::map<Key, Sighting>& sightings,
                               const Key& key,
                               const Sight& sight,
                               TimePoint now,
                               const Timing& timing) {
  const auto& row = judge(sight);
  if (row.grace == Grace::kNone) {
    sightings.erase(key);
    return &row;
  }
  auto& sighting = sightings[key];
  if (sighting.row != &row) sighting = {&row, now};
  return now < sighting.since + grace_time(row.grace, timing) ? nullptr : &row;
}

}  // namespace spillway
