// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/reconcile.h"

#include <algorithm>
#include <array>

#include "core/gang.h"

namespace spillway {
namespace {

using L = LedgerSide;
using C = CloudSide;
using S = SlurmSide;
using M = Mend;
using G = Grace;
using std::chrono::seconds;

constexpr SetOf<L> kAnyLedger{L::kNone,
                              L::kAsked,
                              L::kTrial,
                              L::kForeign,
                              L::kWanted,
                              L::kOrdered,
                              L::kUnwanted,
                              L::kBooting,
                              L::kOverdue,
                              L::kJoined,
                              L::kLate,
                              L::kRaising,
                              L::kServing,
                              L::kFailed,
                              L::kLost,
                              L::kReleasing};
constexpr SetOf<L> kComingUp{L::kBooting, L::kJoined, L::kRaising};
constexpr SetOf<L> kInHand{L::kBooting, L::kJoined, L::kRaising, L::kServing};
constexpr SetOf<L> kNeeded{
    L::kWanted, L::kOrdered, L::kBooting, L::kJoined, L::kRaising, L::kServing};
constexpr SetOf<L> kOnItsWayOut{L::kFailed, L::kReleasing};

constexpr SetOf<C> kAnyCloud{
    C::kNoNews, C::kThere, C::kSick, C::kEnding, C::kEnded, C::kMissed, C::kMissing, C::kNoneShown};
constexpr SetOf<C> kShown{C::kThere, C::kSick, C::kEnding, C::kEnded};
constexpr SetOf<C> kNotShown{C::kMissed, C::kMissing, C::kNoneShown};
constexpr SetOf<C> kNoNews{C::kNoNews};

constexpr SetOf<S> kAnySlurm{S::kUnknown,
                             S::kNoNode,
                             S::kComing,
                             S::kOwed,
                             S::kIdle,
                             S::kBusy,
                             S::kDrained,
                             S::kMute,
                             S::kDown,
                             S::kDownByAdmin,
                             S::kGoing,
                             S::kKeptGoing,
                             S::kOff,
                             S::kOffDown,
                             S::kKeptOff};
constexpr SetOf<S> kKnown = kAnySlurm.without(S::kUnknown);
// The node's slurmd answers, as far as anybody knows.
constexpr SetOf<S> kHeard{S::kIdle, S::kBusy, S::kDrained, S::kUnknown};
// Slurm neither uses the node nor waits for it.
constexpr SetOf<S> kOut{S::kNoNode, S::kGoing, S::kKeptGoing, S::kOff, S::kOffDown, S::kKeptOff};

constexpr const char* kVanished = "the cloud no longer shows the machine, unasked";
constexpr const char* kEndedUnasked = "the cloud is ending the machine, unasked";

// clang-format off
// name; ledger, cloud, Slurm; for how long; what is done, and why
constexpr auto kRows = std::to_array<MendRow>({
  // Too late, whatever is seen. With slurmctld away a joined machine could not get ready.
  {"not joined by the boot deadline", {L::kOverdue}, kAnyCloud, kAnySlurm, G::kNone, M::kReplace, "not ready within the boot deadline"},
  {"joined, and slurmctld is away", {L::kLate}, kAnyCloud, {S::kUnknown}, G::kNone, M::kNothing, ""},
  {"joined, not ready by the boot deadline", {L::kLate}, kAnyCloud, kAnySlurm, G::kLate, M::kReplace, "not ready within the boot deadline"},

  // A list tells of an order without an answer.
  {"an order was made", {L::kOrdered}, kShown, kAnySlurm, G::kNone, M::kAccept, "the cloud's list shows the order"},
  {"an order was made and given up", {L::kUnwanted}, kShown, kAnySlurm, G::kNone, M::kEndOnSight, "the cloud's list shows the order"},
  {"an order is not in an empty list", {L::kOrdered}, {C::kNoneShown}, kAnySlurm, G::kEmptyList, M::kOrderAgain, "the cloud's list does not show the order"},
  {"an order given up is not in an empty list", {L::kUnwanted}, {C::kNoneShown}, kAnySlurm, G::kEmptyList, M::kDropIntent, "the cloud's list does not show the order"},
  {"one list misses an order", {L::kOrdered, L::kUnwanted}, {C::kMissed}, kAnySlurm, G::kNone, M::kNothing, ""},
  {"an order was not made", {L::kOrdered}, {C::kMissing}, kAnySlurm, G::kNone, M::kOrderAgain, "the cloud's list does not show the order"},
  {"an order was given up and not made", {L::kUnwanted}, {C::kMissing}, kAnySlurm, G::kNone, M::kDropIntent, "the cloud's list does not show the order"},

  // A list tells of a machine that we need.
  {"shown", kInHand, {C::kThere}, kAnySlurm, G::kNone, M::kNothing, ""},
  {"sick before it joined", {L::kBooting}, {C::kSick}, kAnySlurm, G::kNone, M::kReplace, "the cloud shows it unhealthy before it joined"},
  {"sick, and judged by its own health gate", kInHand, {C::kSick}, kAnySlurm, G::kNone, M::kNothing, ""},
  {"ended unasked while it came up", kComingUp, {C::kEnding, C::kEnded}, kAnySlurm, G::kNone, M::kReplace, kEndedUnasked},
  {"ended unasked in use", {L::kServing}, {C::kEnding, C::kEnded}, kAnySlurm, G::kNone, M::kLose, kEndedUnasked},
  {"one list misses it", kInHand, {C::kMissed}, kAnySlurm, G::kNone, M::kNothing, ""},
  {"not shown, and Slurm hears it", {L::kServing}, kNotShown, kHeard, G::kHeard, M::kLose, kVanished},
  {"vanished in use", {L::kServing}, {C::kMissing}, kAnySlurm, G::kNone, M::kLose, kVanished},
  {"vanished while it came up", kComingUp, {C::kMissing}, kAnySlurm, G::kNone, M::kReplace, kVanished},
  {"in use, and the list is empty", {L::kServing}, {C::kNoneShown}, kAnySlurm, G::kEmptyList, M::kLose, kVanished},
  {"coming up, and the list is empty", kComingUp, {C::kNoneShown}, kAnySlurm, G::kEmptyList, M::kReplace, kVanished},

  // A list tells of a machine on its way out: it is asked to end until it is not shown any more.
  {"asked to end, and shown", kOnItsWayOut, {C::kThere, C::kSick, C::kEnding}, kAnySlurm, G::kNone, M::kNothing, ""},
  {"asked to end, and one list misses it", kOnItsWayOut, {C::kMissed}, kAnySlurm, G::kNone, M::kNothing, ""},
  {"asked to end, and the list is empty", kOnItsWayOut, {C::kNoneShown}, kAnySlurm, G::kEmptyList, M::kEnd, "the cloud no longer shows the machine"},
  {"asked to end, and ended", kOnItsWayOut, {C::kEnded, C::kMissing}, kAnySlurm, G::kNone, M::kEnd, "the cloud no longer shows the machine"},
  {"lost, and shown again", {L::kLost}, {C::kThere, C::kSick}, kAnySlurm, G::kNone, M::kRelease, "the cloud shows the machine again"},
  {"lost, and not shown", {L::kLost}, {C::kEnding, C::kEnded, C::kMissed, C::kMissing, C::kNoneShown}, kAnySlurm, G::kNone, M::kNothing, ""},

  // A list tells of a machine that bears our mark, and that no open lease knows.
  {"an orphan", {L::kNone}, {C::kThere, C::kSick}, kAnySlurm, G::kOrphan, M::kAdopt, "is in no open lease: released"},
  {"a trial that was left", {L::kTrial}, {C::kThere, C::kSick}, kAnySlurm, G::kTrial, M::kAdopt, "is in no open lease: released"},
  {"another ledger's", {L::kForeign}, {C::kThere, C::kSick}, kAnySlurm, G::kNone, M::kAlert, "was ordered from another ledger: left alone"},
  {"nobody's, and ending", {L::kNone, L::kTrial, L::kForeign}, {C::kEnding, C::kEnded}, kAnySlurm, G::kNone, M::kNothing, ""},

  // Slurm tells of a node that has a machine, or is to have one.
  {"slurmctld is away", kAnyLedger, kNoNews, {S::kUnknown}, G::kNone, M::kNothing, ""},
  {"Slurm gave the node up", kNeeded, kNoNews, kOut, G::kGivenUp, M::kRelease, "Slurm no longer waits for the node"},
  {"a ghost before the machine", {L::kWanted, L::kOrdered, L::kUnwanted, L::kBooting, L::kJoined}, kNoNews, {S::kIdle, S::kBusy, S::kMute}, G::kAlone, M::kSendBack, "another machine answers for the node"},
  {"a ghost after its release", kOnItsWayOut, kNoNews, {S::kIdle, S::kBusy, S::kMute}, G::kAlone, M::kSendBack, "its machine is being ended"},
  {"ready, and its slurmd does not register", {L::kRaising, L::kServing}, kNoNews, {S::kComing}, G::kRegister, M::kSendBack, "its slurmd does not register"},
  {"waited for", kNeeded, kNoNews, {S::kComing, S::kOwed}, G::kNone, M::kNothing, ""},
  {"in service", {L::kRaising, L::kServing}, kNoNews, {S::kIdle, S::kBusy, S::kMute}, G::kNone, M::kNothing, ""},
  {"kept while it is drained or down", kNeeded, kNoNews, {S::kDrained, S::kDown, S::kDownByAdmin}, G::kNone, M::kNothing, ""},
  {"its name waits for the machine's end", {L::kUnwanted, L::kFailed, L::kReleasing}, kNoNews, kKnown, G::kNone, M::kNothing, ""},
  {"lost, and Slurm counts on the node", {L::kLost}, kNoNews, {S::kComing, S::kOwed, S::kIdle, S::kBusy, S::kDrained, S::kMute, S::kDown}, G::kNone, M::kSendBack, "the machine was lost"},
  {"lost, and the node is out of service", {L::kLost}, kNoNews, kKnown, G::kNone, M::kEnd, "its node is out of service"},

  // Slurm tells of a node without a machine.
  {"its request is open", {L::kAsked}, kNoNews, kKnown, G::kNone, M::kNothing, ""},
  {"powers up alone", {L::kNone}, kNoNews, {S::kComing}, G::kAlone, M::kSendBack, "no machine was ordered for the node"},
  {"in service without a machine", {L::kNone}, kNoNews, {S::kIdle}, G::kAlone, M::kSendBack, "no machine of ours answers for the node"},
  {"runs a job without a machine", {L::kNone}, kNoNews, {S::kBusy}, G::kAlone, M::kAlert, "runs a job, and no machine of ours answers for it: left alone"},
  {"down without a machine", {L::kNone}, kNoNews, {S::kDown}, G::kAlone, M::kSendBack, "the machine is gone"},
  {"its machine is gone", {L::kNone}, kNoNews, {S::kGoing, S::kOffDown}, G::kNone, M::kReturn, ""},
  {"as Slurm or an admin left it", {L::kNone}, kNoNews, kKnown, G::kNone, M::kNothing, ""},

  {"not understood", kAnyLedger, kAnyCloud, kAnySlurm, G::kNone, M::kNothing, ""},
});
// clang-format on

bool is_overdue(const Machine& machine, TimePoint now, const Timing& timing) {
  return now >= machine.ordered_at.value_or(machine.state_since) + timing.boot_deadline;
}

bool is_allocated(const Node& node) {
  return node.base == NodeBase::kAllocated || node.base == NodeBase::kMixed;
}

// By us, or by Slurm itself for a machine that did not come, was lost or came back; not by an
// admin. The reasons of Slurm: node_mgr.c and ping_nodes.c, 22.05 to 26.05.
bool is_down_for_its_machine(const Node& node) {
  const auto says = [&](const char* words) { return node.reason.find(words) != std::string::npos; };
  return node.base == NodeBase::kDown &&
         (node.reason.starts_with("spillway:") || node.reason.starts_with("Not responding") ||
          says("ResumeTimeout reached") || node.reason.starts_with("Node unexpectedly rebooted"));
}

SlurmSide side_in_service(const Node& node) {
  if (node.draining || !node.cloud) return S::kDrained;  // not ours to set down
  if (node.not_responding) return S::kMute;
  if (is_allocated(node) || node.completing) return S::kBusy;
  return node.base == NodeBase::kIdle ? S::kIdle : S::kMute;
}

}  // namespace

std::chrono::seconds grace_time(Grace grace, const Timing& timing) {
  switch (grace) {
    case Grace::kNone:
      return seconds(0);
    case Grace::kAlone:
      return seconds(30);
    case Grace::kGivenUp:
    case Grace::kEmptyList:
    case Grace::kLate:
      return seconds(60);
    case Grace::kHeard:
      return seconds(300);
    case Grace::kRegister:
      return 2 * timing.boot_deadline;
    case Grace::kOrphan:
      return timing.orphan_grace;
    case Grace::kTrial:
      return timing.orphan_grace + timing.boot_deadline;
  }
  return seconds(0);
}

std::span<const MendRow> mend_rows() {
  return kRows;
}

const MendRow& judge(const Sight& sight) {
  return *std::find_if(kRows.begin(), kRows.end(), [&](const MendRow& row) {
    return row.ledger.has(sight.ledger) && row.cloud.has(sight.cloud) && row.slurm.has(sight.slurm);
  });
}

LedgerSide ledger_side(const Draft& draft, const Machine& machine, const Timing& timing) {
  switch (machine.state) {
    case MachineState::kWanted:
      return L::kWanted;
    case MachineState::kOrdered:
      return machine.unwanted ? L::kUnwanted : L::kOrdered;
    case MachineState::kBooting:
      return is_overdue(machine, draft.now(), timing) ? L::kOverdue : L::kBooting;
    case MachineState::kJoined:
      return is_overdue(machine, draft.now(), timing) ? L::kLate : L::kJoined;
    case MachineState::kReady:
      return is_whole(draft, machine.lease) ? L::kServing : L::kRaising;
    case MachineState::kFailed:
      return L::kFailed;
    case MachineState::kLost:
      return L::kLost;
    case MachineState::kReleasing:
      return L::kReleasing;
    case MachineState::kGone:
    case MachineState::kRefused:
      break;
  }
  return L::kNone;
}

CloudSide cloud_side(CloudState state) {
  switch (state) {
    case CloudState::kBuilding:
    case CloudState::kRunning:
    case CloudState::kUnknown:
      return C::kThere;
    case CloudState::kUnhealthy:
      return C::kSick;
    case CloudState::kEnding:
      return C::kEnding;
    case CloudState::kGone:
      return C::kEnded;
  }
  return C::kThere;
}

SlurmSide slurm_side(const Node& node) {
  if (node.powering_up) return S::kComing;
  if (is_allocated(node) && (node.powered_down || node.powering_down)) return S::kOwed;
  const bool is_down = node.base == NodeBase::kDown;
  const bool is_kept = node.draining || (is_down && !is_down_for_its_machine(node));
  if (node.powering_down || (is_down && node.power_down_asked && !node.powered_down))
    return is_kept ? S::kKeptGoing : S::kGoing;
  if (node.powered_down) {
    if (is_kept) return S::kKeptOff;
    return is_down ? S::kOffDown : S::kOff;
  }
  if (is_down) return is_down_for_its_machine(node) ? S::kDown : S::kDownByAdmin;
  return side_in_service(node);
}

SlurmSide slurm_side(const SlurmView* slurm, const std::string& node) {
  if (slurm == nullptr) return S::kUnknown;
  const auto found = slurm->nodes.find(node);
  return found == slurm->nodes.end() ? S::kNoNode : slurm_side(found->second);
}

}  // namespace spillway
