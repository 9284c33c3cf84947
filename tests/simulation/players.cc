// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/players.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace spillway::simulation {
namespace {

// Each takes the next seed from the common counter.
class Players {
 public:
  explicit Players(const Seeds& seeds) : seeds_(seeds), next_(seeds.first) {}

  Sum play() {
    std::vector<std::thread> threads;
    for (int i = 0; i < seeds_.at_a_time; ++i)
      threads.emplace_back([this] { play_seeds(); });
    for (auto& thread : threads)
      thread.join();
    return sum_;
  }

 private:
  void play_seeds() {
    Sum own;
    const auto end = seeds_.first + seeds_.count;
    while (failures_ < seeds_.failures) {
      const auto seed = next_++;
      if (seed >= end) break;
      const auto outcome = run(draw_run(seed, seeds_.planted), Keeping::kNothing);
      own.add(seed, outcome);
      if (!outcome.violated.empty()) ++failures_;
    }
    const std::lock_guard lock(mutex_);
    sum_.add(own);
  }

  const Seeds& seeds_;
  std::atomic<std::uint64_t> next_;
  std::atomic<int> failures_{0};
  std::mutex mutex_;
  Sum sum_;
};

}  // namespace

void Sum::add(std::uint64_t seed, const Outcome& outcome) {
  ++seeds;
  machines += static_cast<std::uint64_t>(outcome.machines);
  turns += static_cast<std::uint64_t>(outcome.turns);
  length += outcome.length;
  for (std::size_t i = 0; i < struck.size(); ++i)
    struck[i] += outcome.struck[i];
  if (!outcome.violated.empty()) failed[seed] = outcome.violated + ": " + outcome.violation;
}

void Sum::add(const Sum& other) {
  seeds += other.seeds;
  machines += other.machines;
  turns += other.turns;
  length += other.length;
  for (std::size_t i = 0; i < struck.size(); ++i)
    struck[i] += other.struck[i];
  failed.insert(other.failed.begin(), other.failed.end());
}

RunPlan draw_run(std::uint64_t seed, Planted planted) {
  auto plan = draw_run(seed);
  plan.planted = planted;
  // The saboteur sits before the ledger in memory.
  if (planted != Planted::kNothing && planted != Planted::kSyncForgotten) plan.on_disk = false;
  return plan;
}

Sum play(const Seeds& seeds) {
  return Players(seeds).play();
}

}  // namespace spillway::simulation
