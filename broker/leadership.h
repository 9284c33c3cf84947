// SPDX-License-Identifier: GPL-2.0-or-later
//
// One broker leads: a row in the ledger with an expiry. Everything that the leader commits is
// written on condition that the row is still its own, and renews it; what spends money or changes
// Slurm is asked for permission once more as it leaves (broker/fence.h). So a leader that stalled
// until another one took over can do nothing when it wakes up.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "ledger/ledger.h"
#include "lib/time.h"

namespace spillway {

// Counts since boot, also while the host sleeps, and is never set. Only the distance between its
// times means something.
class SteadyClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
};

class Leadership {
 public:
  // All must outlive this. Brokers on other hosts compare with `wall`; our own lead is measured by
  // `steady`.
  Leadership(Ledger& ledger, const Clock& wall, const Clock& steady);

  // Takes the lead when it is free, and renews it when it is time to. Returns whether we lead. A
  // lead that was lost is not taken again: what is in memory may be older than the ledger.
  bool hold();
  void give_up();

  // Writes the changes if we still lead, and renews the lead. Errors: those of Ledger::commit.
  [[nodiscard]] Status commit(Changes changes);

  // True while no other broker can have taken over. From any thread.
  [[nodiscard]] bool is_in_force() const;

 private:
  enum class State { kWaiting, kLeading, kLost };
  bool take();
  [[nodiscard]] TimePoint now_for_taking();
  void extend(TimePoint steady_start);

  Ledger& ledger_;
  const Clock& wall_;
  const Clock& steady_;
  std::string holder_;
  State state_ = State::kWaiting;
  bool said_waiting_ = false;
  std::optional<Leader> watched_;  // while we wait: the last row, and since when it stands
  TimePoint watched_since_{};
  TimePoint renew_at_{};
  std::atomic<TimePoint::rep> in_force_until_{TimePoint::min().time_since_epoch().count()};
};

}  // namespace spillway
