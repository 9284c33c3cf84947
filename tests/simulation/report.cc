// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/report.h"

#include <cstdio>
#include <string>

#include "tests/simulation/shrink.h"

namespace spillway::simulation {
namespace {

void print(const std::string& line) {
  std::puts(line.c_str());
}

void print_story(const RunPlan& plan, const Outcome& outcome) {
  for (const auto& line : describe(plan))
    print("  " + line);
  for (const auto& line : outcome.history)
    print(line);
}

void print_shortest_story(const RunPlan& plan, const std::string& violated) {
  const auto shortest = shrink(plan, violated);
  const auto outcome = run(shortest, Keeping::kHistory);
  print("seed " + std::to_string(plan.seed) + ": " + outcome.violated + ": " + outcome.violation);
  print_story(shortest, outcome);
}

}  // namespace

void print_sum(const Sum& sum, std::chrono::duration<double> took, double cpu_seconds) {
  std::uint64_t faults = 0;
  for (const auto count : sum.struck)
    faults += count;
  const auto seeds = static_cast<double>(sum.seeds);
  std::printf("%.0f seeds in %.1f s: %.0f a second, %.0f a second of a core\n",
              seeds,
              took.count(),
              seeds / took.count(),
              seeds / cpu_seconds);
  std::printf("a seed: %.0f turns in %.0f virtual seconds, %.1f machines, %.1f faults\n",
              static_cast<double>(sum.turns) / seeds,
              static_cast<double>(sum.length.count()) / 1000 / seeds,
              static_cast<double>(sum.machines) / seeds,
              static_cast<double>(faults) / seeds);
  std::printf("%zu failed\n", sum.failed.size());
}

void print_counts(const FaultCounts& struck) {
  for (int i = 0; i < kFaultKinds; ++i) {
    std::printf("%10llu  %s\n",
                static_cast<unsigned long long>(struck[static_cast<std::size_t>(i)]),
                facts_of(static_cast<FaultKind>(i)).words);
  }
}

void print_failures(const Sum& sum, Planted planted) {
  for (const auto& [seed, trouble] : sum.failed)
    print("seed " + std::to_string(seed) + ": " + trouble);
  const auto plan = draw_run(sum.failed.begin()->first, planted);
  print_shortest_story(plan, run(plan, Keeping::kNothing).violated);
}

bool replay(std::uint64_t seed, Planted planted) {
  const auto plan = draw_run(seed, planted);
  const auto outcome = run(plan, Keeping::kHistory);
  if (!outcome.violated.empty()) {
    print_shortest_story(plan, outcome.violated);
    return false;
  }
  print_story(plan, outcome);
  print("seed " + std::to_string(seed) + ": all holds");
  return true;
}

}  // namespace spillway::simulation
