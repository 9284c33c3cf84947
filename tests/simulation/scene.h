// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all parts of a run share: time, the events to come, what lies in wait, what was seen.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/time.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/history.h"
#include "tests/simulation/plan.h"

namespace spillway::simulation {

// The head node's clock: the true time, and how far it is off.
class HostClock final : public Clock {
 public:
  explicit HostClock(const Clock& truth) : truth_(truth) {}
  [[nodiscard]] TimePoint now() const override { return truth_.now() + off_; }
  void step(milliseconds by) {
    off_ += by;
    stepped_ += std::chrono::abs(by);
  }
  // How far it was off, at most.
  [[nodiscard]] milliseconds stepped() const { return stepped_; }

 private:
  const Clock& truth_;
  milliseconds off_{0};
  milliseconds stepped_{0};
};

using FaultCounts = std::array<std::uint64_t, kFaultKinds>;

// Faults that lie in wait, each for the first thing that it fits.
class Traps {
 public:
  void set(const Fault& fault) { waiting_.push_back(fault); }
  void clear() { waiting_.clear(); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

  // Takes the first one of a kind (of a cloud) that lies in wait.
  std::optional<Fault> take(FaultKind kind, int cloud = 0);
  // The first one of `kinds`.
  std::optional<Fault> take_any(std::initializer_list<FaultKind> kinds, int cloud = 0);

 private:
  std::vector<Fault> waiting_;
};

struct Scene {
  Scene(const RunPlan& the_plan, bool keeps_history)
      : plan(the_plan),
        clock(kStart),
        host_clock(clock),
        queue(clock),
        history(clock, keeps_history),
        dice(the_plan.seed, 1) {}
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  // A fault came true.
  void strike(const Fault& fault, const std::string& what = "");
  // Something that must hold does not. The first one counts.
  void violate(const std::string& invariant, const std::string& what);

  [[nodiscard]] bool has_struck(FaultKind kind) const {
    return struck[static_cast<std::size_t>(kind)] > 0;
  }
  // The broker was dead for a while, or could not write.
  [[nodiscard]] bool was_ledger_out() const;
  [[nodiscard]] milliseconds passed() const { return clock.now() - kStart; }

  const RunPlan& plan;
  ManualClock clock;
  HostClock host_clock;
  EventQueue queue;
  History history;
  Dice dice;
  Traps traps;
  FaultCounts struck{};
  TimePoint last_struck = kStart;
  std::set<std::string> vanished;  // machines that ended by themselves, by Guests::name_of
  std::set<std::string>
      told;  // provider/id of those of which the broker was told from when they bill
  std::map<std::uint32_t, TimePoint> started;  // jobs, the last time
  TimePoint slurm_read_at;                     // of the view that the broker got last
  std::string violated;                        // the invariant's name; empty while all hold
  std::string violation;                       // how
};

}  // namespace spillway::simulation
