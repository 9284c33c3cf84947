// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/spent.h"

#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::hours;

namespace {

constexpr TimePoint kMonth = from_unix_seconds(1'793'491'200);  // 2026-11-01

Charge charge_of(std::int64_t machine, hours from, std::optional<hours> to) {
  Charge charge;
  charge.machine = machine;
  charge.state = to ? MachineState::kGone : MachineState::kReady;
  charge.billed_from = kMonth + from;
  if (to) charge.billed_to = kMonth + *to;
  charge.price_per_hour = Money::from_cents(2'400);
  return charge;
}

}  // namespace

static void what_has_left_the_books_counts_and_nothing_else(void**) {
  Books books;
  books.machines[4].id = 4;
  const std::vector<Charge> charges = {
      charge_of(1, hours(1), hours(3)),       // 2 h
      charge_of(2, hours(-100), hours(1)),    // 1 h of this month
      charge_of(3, hours(-100), hours(-90)),  // none
      charge_of(4, hours(1), hours(2)),       // in the books
      charge_of(5, hours(1), std::nullopt),   // runs
  };
  assert_int_equal(spent_by_ended(charges, books, kMonth).micros(), 72'000'000);
}

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(what_has_left_the_books_counts_and_nothing_else)};
  return cmocka_run_group_tests_name("ledger.spent", tests, nullptr, nullptr);
}
