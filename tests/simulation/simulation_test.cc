// SPDX-License-Identifier: GPL-2.0-or-later
//
// The simulator itself: a seed says everything, a failure is told short, and a disk that loses what
// it was told to keep is found out. What it finds in the broker is told by simulate-faults.
#include <string>

#include "tests/simulation/disk_ledger.h"
#include "tests/simulation/players.h"
#include "tests/simulation/shrink.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using namespace spillway::simulation;

static void a_seed_replays_exactly(void**) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 200, 300}) {
    const auto once = run(draw_run(seed), Keeping::kNothing);
    const auto again = run(draw_run(seed), Keeping::kHistory);
    if (once.digest != again.digest || once.length != again.length || once.turns != again.turns)
      fail_msg("seed %d", static_cast<int>(seed));
    assert_true(once.history.empty());
    assert_false(again.history.empty());
  }
}

static void other_seeds_are_other_runs(void**) {
  assert_true(run(draw_run(1), Keeping::kNothing).digest !=
              run(draw_run(2), Keeping::kNothing).digest);
}

static void a_failure_is_told_without_what_it_does_not_need(void**) {
  const auto sum = play({1, 200, 1, 1, Planted::kCapCountsBilled});
  assert_int_equal(sum.failed.size(), 1);
  const auto plan = draw_run(sum.failed.begin()->first, Planted::kCapCountsBilled);
  const auto first = run(plan, Keeping::kNothing);
  const auto shortest = shrink(plan, first.violated);
  assert_true(shortest.faults.empty());  // it takes none to pass a cap
  assert_true(shortest.jobs.size() <= plan.jobs.size());
  assert_string_equal(run(shortest, Keeping::kNothing).violated.c_str(), first.violated.c_str());
}

static void a_disk_that_keeps_everything_is_found_to_keep_it(void**) {
  MemoryLedger truth("5eed00");
  DiskLedger ledger(truth, 1);
  Changes changes;
  changes.cooldowns.push_back(Cooldown{OfferId{"lambda", "r1", "h100", ""}, 1, TimePoint{}, "no"});
  assert_true(static_cast<bool>(ledger.commit(changes)));
  ledger.lose_power();
  assert_int_equal(ledger.load()->cooldowns.size(), 1);
  assert_string_equal(ledger.difference().c_str(), "");
}

static void a_disk_that_lost_something_is_found_out(void**) {
  MemoryLedger truth("5eed00");
  DiskLedger ledger(truth, 1);
  Changes changes;
  changes.cooldowns.push_back(Cooldown{OfferId{"lambda", "r1", "h100", ""}, 1, TimePoint{}, "no"});
  truth.write(changes);
  assert_true(static_cast<bool>(ledger.load()));
  assert_string_not_equal(ledger.difference().c_str(), "");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_seed_replays_exactly),
      cmocka_unit_test(other_seeds_are_other_runs),
      cmocka_unit_test(a_failure_is_told_without_what_it_does_not_need),
      cmocka_unit_test(a_disk_that_keeps_everything_is_found_to_keep_it),
      cmocka_unit_test(a_disk_that_lost_something_is_found_out),
  };
  return cmocka_run_group_tests_name("simulation.simulation", tests, nullptr, nullptr);
}
