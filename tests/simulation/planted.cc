// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/planted.h"

namespace spillway::simulation {
namespace {

using P = Planted;

}  // namespace

const std::vector<PlantedFacts>& all_planted() {
  static const std::vector<PlantedFacts> all = {
      {P::kIntentAfterCall, "intent-after-call", "the intent is written after the call"},
      {P::kReleaseGivenUp, "release-given-up", "a release is given up after three tries"},
      {P::kReleaseAcceptedIsGone, "accepted-is-gone", "an accepted release is taken for the end"},
      {P::kReleaseOfAnother, "release-of-another", "another machine than meant is released"},
      {P::kListErrorIsEmpty, "error-is-empty", "a list's error is taken for an empty list"},
      {P::kListIsHalf, "half-a-list", "the first page of a list is taken for all of it"},
      {P::kListIgnoresLedger, "any-ledger", "a mark of another ledger is taken for ours"},
      {P::kAnswerToWrongLease, "wrong-lease", "an order's answer goes to the wrong lease"},
      {P::kAnswerToWrongMachines, "wrong-ids", "an order's answer tells other machines' ids"},
      {P::kUnansweredIsFailed, "unanswered-is-failed", "an unanswered order is taken for failed"},
      {P::kUnansweredIsDone,
       "unanswered-release-is-done",
       "an unanswered release is taken as done"},
      {P::kOrderSentTwice, "sent-twice", "an order is sent twice"},
      {P::kOrderOfOneMore, "one-more", "an order asks for one machine more than its intent"},
      {P::kTokenOfAnotherLease, "other-token", "user-data bears the token of another lease"},
      {P::kCapCountsBilled,
       "cap-counts-billed",
       "machines count for the caps once they are billed"},
      {P::kDrainIgnored, "drain-ignored", "drained nodes are put back into service"},
      {P::kEndBilledLate, "end-billed-late", "the end of a machine is noted too late"},
      {P::kSyncForgotten, "sync-forgotten", "a commit is told done before it is on the disk"},
  };
  return all;
}

std::optional<Planted> parse_planted(const std::string& name) {
  for (const auto& facts : all_planted()) {
    if (name == facts.name) return facts.planted;
  }
  return std::nullopt;
}

}  // namespace spillway::simulation
