// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/faults.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <numeric>

namespace spillway::simulation {
namespace {

using F = FaultKind;

constexpr seconds s(int count) {
  return seconds(count);
}

// kind, words, weight, least and most span, a cloud's
constexpr std::array<FaultFacts, kFaultKinds> kFacts = {{
    {F::kOrderRefused, "an order is refused", 6, s(0), s(0), true},
    {F::kOrderFails, "an order fails without effect", 3, s(0), s(0), true},
    {F::kOrderRateLimited, "an order comes too early", 2, s(0), s(0), true},
    {F::kOrderUnanswered, "an order times out and never arrives", 4, s(0), s(0), true},
    {F::kOrderAnswerLost, "an order's answer is lost", 6, s(0), s(0), true},
    {F::kOrderLate, "an order times out and is carried out later", 4, s(1), s(60), true},
    {F::kOrderDoubled, "an order is carried out twice", 4, s(0), s(0), true},
    {F::kOrderFewer, "an order gives fewer machines", 4, s(0), s(0), true},
    {F::kOrderNonsense, "an order's answer is not understood", 3, s(0), s(0), true},
    {F::kOrderSlow, "an order is slow", 2, s(5), s(40), true},
    {F::kReleaseFails, "a release fails without effect", 3, s(0), s(0), true},
    {F::kReleaseUnanswered, "a release times out and never arrives", 3, s(0), s(0), true},
    {F::kReleaseAnswerLost, "a release's answer is lost", 4, s(0), s(0), true},
    {F::kReleaseIgnored, "a release is accepted and nothing ends", 4, s(0), s(0), true},
    {F::kReleaseNonsense, "a release's answer is not understood", 2, s(0), s(0), true},
    {F::kReleaseSlow, "a release is slow", 2, s(5), s(40), true},
    {F::kListFails, "a list fails", 3, s(0), s(0), true},
    {F::kListMisses, "a list misses a machine", 5, s(0), s(0), true},
    {F::kListRepeats, "a list shows a machine twice", 3, s(0), s(0), true},
    {F::kListSlow, "a list comes late", 3, s(5), s(40), true},
    {F::kOffersFail, "the offers fail", 2, s(0), s(0), true},
    {F::kOutage, "nothing answers", 4, s(10), s(90), true},
    {F::kSoldOut, "all is sold out", 3, s(20), s(90), true},
    {F::kNeverBoots, "a machine never boots", 3, s(0), s(0), true},
    {F::kBootFails, "a machine fails at boot", 3, s(0), s(0), true},
    {F::kNeverJoins, "a machine boots and never joins", 3, s(0), s(0), true},
    {F::kUnhealthy, "a machine fails its health gate", 3, s(0), s(0), true},
    {F::kJoinAnswerLost, "an answer to a machine is lost", 4, s(0), s(0), true},
    {F::kDies, "a machine dies", 5, s(0), s(0), true},
    {F::kPreempted, "a machine is taken back", 4, s(0), s(0), true},
    {F::kVanishes, "a machine vanishes", 4, s(0), s(0), true},
    {F::kGhost, "a released machine goes on", 5, s(10), s(120), true},
    {F::kCrash, "the broker is killed", 8, s(1), s(60), false},
    {F::kCrashBeforeCommit, "the broker dies before a commit", 5, s(1), s(60), false},
    {F::kCrashAfterCommit, "the broker dies after a commit", 8, s(1), s(60), false},
    {F::kCrashInDispatch, "the broker dies while it hands out its plan", 5, s(1), s(60), false},
    {F::kDiskFull, "the disk is full", 3, s(5), s(60), false},
    {F::kDiskFails, "a commit tells an error although it is written", 3, s(0), s(0), false},
    {F::kClockStep, "the host's clock steps", 3, s(-300), s(300), false},
    {F::kSlurmRestart, "slurmctld restarts", 5, s(1), s(20), false},
    {F::kSlurmDown, "slurmctld is down", 3, s(10), s(90), false},
    {F::kBatchLost, "changes to Slurm are lost", 4, s(0), s(0), false},
    {F::kCallLost, "a power-save program does not write the ledger", 5, s(0), s(0), false},
    {F::kCallRepeated, "a power-save program is called twice", 4, s(1), s(30), false},
    {F::kCallLate, "a power-save program is late", 4, s(5), s(60), false},
    {F::kDrain, "an admin drains a node", 4, s(0), s(0), false},
    {F::kSetDown, "an admin sets a node down", 4, s(0), s(0), false},
    {F::kPowerUp, "an admin powers a node up", 4, s(0), s(0), false},
    {F::kPowerDown, "an admin powers a node down", 4, s(0), s(0), false},
    {F::kCancel, "a user cancels a job", 4, s(0), s(0), false},
    {F::kNodeRemoved, "slurm.conf loses a node", 2, s(0), s(0), false},
}};

FaultKind draw_kind(Dice& dice) {
  static const int all = std::accumulate(
      kFacts.begin(), kFacts.end(), 0, [](int sum, const auto& f) { return sum + f.weight; });
  int left = dice.below(all);
  for (const auto& facts : kFacts) {
    left -= facts.weight;
    if (left < 0) return facts.kind;
  }
  return FaultKind::kCrash;
}

std::string format_seconds(milliseconds time) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(time.count()) / 1000);
  return text.data();
}

}  // namespace

const FaultFacts& facts_of(FaultKind kind) {
  return kFacts[static_cast<std::size_t>(kind)];
}

std::vector<Fault> draw_faults(Dice& dice, int most, milliseconds length, int clouds) {
  std::vector<Fault> faults;
  const int count = dice.within(0, most);
  for (int i = 0; i < count; ++i) {
    Fault fault;
    fault.kind = draw_kind(dice);
    const auto& facts = facts_of(fault.kind);
    fault.at = dice.within(milliseconds(0), length);
    fault.span = dice.within(milliseconds(facts.least), milliseconds(facts.most));
    if (facts.of_cloud) fault.cloud = dice.below(clouds);
    fault.dice = dice.roll();
    faults.push_back(fault);
  }
  std::stable_sort(
      faults.begin(), faults.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return faults;
}

std::string describe(const Fault& fault) {
  const auto& facts = facts_of(fault.kind);
  std::string text = "from " + format_seconds(fault.at) + ": ";
  if (facts.of_cloud) text += "cloud " + std::to_string(fault.cloud) + ": ";
  text += facts.words;
  if (fault.span != milliseconds(0)) text += ", " + format_seconds(fault.span);
  return text;
}

}  // namespace spillway::simulation
