// SPDX-License-Identifier: GPL-2.0-or-later
//
// What goes wrong in a run: a schedule, drawn from the seed before the run begins. A fault either
// strikes at its time, or lies in wait for the next call, machine or commit that it fits.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/dice.h"

namespace spillway::simulation {

enum class FaultKind {
  // A call to a cloud. Unanswered: it never arrives. Answer lost: it had its effect.
  kOrderRefused,
  kOrderFails,
  kOrderRateLimited,
  kOrderUnanswered,
  kOrderAnswerLost,
  kOrderLate,
  kOrderDoubled,
  kOrderFewer,
  kOrderNonsense,
  kOrderSlow,
  kReleaseFails,
  kReleaseUnanswered,
  kReleaseAnswerLost,
  kReleaseIgnored,
  kReleaseNonsense,
  kReleaseSlow,
  kListFails,
  kListMisses,
  kListRepeats,
  kListSlow,
  kOffersFail,
  kOutage,
  kSoldOut,
  // A machine.
  kNeverBoots,
  kBootFails,
  kNeverJoins,
  kUnhealthy,
  kJoinAnswerLost,
  kDies,
  kPreempted,
  kVanishes,
  kGhost,
  // The broker and its host.
  kCrash,
  kCrashBeforeCommit,
  kCrashAfterCommit,
  kCrashInDispatch,
  kDiskFull,
  kDiskFails,
  kClockStep,
  // Slurm and its programs.
  kSlurmRestart,
  kSlurmDown,
  kBatchLost,
  kCallLost,
  kCallRepeated,
  kCallLate,
  // An admin or a user.
  kDrain,
  kSetDown,
  kPowerUp,
  kPowerDown,
  kCancel,
  kNodeRemoved,
};
inline constexpr int kFaultKinds = static_cast<int>(FaultKind::kNodeRemoved) + 1;

struct Fault {
  FaultKind kind = FaultKind::kCrash;
  milliseconds at{0};    // since the run's start
  milliseconds span{0};  // how long it lasts, where it lasts; of a step of the clock, how far
  int cloud = 0;         // whose, where it is a cloud's
  std::uint64_t dice = 0;
};

// What a kind is called in the schedule, and how often it is drawn.
struct FaultFacts {
  FaultKind kind;
  const char* words;
  int weight;
  seconds least;  // of the span
  seconds most;
  bool of_cloud;
};
[[nodiscard]] const FaultFacts& facts_of(FaultKind kind);

// Up to `most` faults within `length` of the run's start, in the order of time.
[[nodiscard]] std::vector<Fault> draw_faults(Dice& dice, int most, milliseconds length, int clouds);

// "12.5 s: cloud 1: an order's answer is lost"
[[nodiscard]] std::string describe(const Fault& fault);

}  // namespace spillway::simulation
