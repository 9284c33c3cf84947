// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/table.h"

#include "tests/cli/screens.h"

using namespace spillway;

static void columns_are_as_wide_as_their_widest_cell(void**) {
  Table table({{"NAME"}, {"$/h", Align::kRight}, {"WHY"}});
  table.add_row({"a", "1.00", "short"});
  table.add_row({"longer", "123.45", "x"});
  expect_text(table.text(false),
              "NAME       $/h  WHY\n"
              "a         1.00  short\n"
              "longer  123.45  x\n");
}

static void empty_cells_leave_no_blanks_at_the_end(void**) {
  Table table({{"A"}, {"B"}, {""}});
  table.add_row({"x", "", ""});
  table.add_row({"y", "", "note"});
  table.add_row({"z"});
  expect_text(table.text(false), "A  B\nx\ny     note\nz\n");
}

static void a_note_runs_over_the_other_columns_and_widens_none(void**) {
  Table table({{"WHO"}, {"N", Align::kRight}, {"WHY"}});
  table.add_row({"a", "1", "b"});
  table.add_note("other", "no answer: a long story");
  expect_text(table.text(false),
              "WHO    N  WHY\n"
              "a      1  b\n"
              "other  no answer: a long story\n");
}

static void widths_count_characters_and_not_bytes(void**) {
  Table table({{"A"}, {"B"}});
  table.add_row({"Zürich", "x"});
  table.add_row({"Berlin", "y"});
  expect_text(table.text(false), "A       B\nZürich  x\nBerlin  y\n");
}

static void foreign_words_cannot_break_a_line_or_reach_the_terminal(void**) {
  Table table({{"A"}});
  table.add_row({"x\n\033[31my"});
  expect_text(table.text(false), "A\nx  [31my\n");
}

static void colours_change_no_width(void**) {
  Table table({{"STATE"}, {"N"}});
  table.add_row({Cell("ok", Tint::kGood), "1"});
  table.add_row({Cell("wrong", Tint::kBad), "2"});
  expect_text(table.text(true),
              "STATE  N\n"
              "\033[32mok\033[0m     1\n"
              "\033[31mwrong\033[0m  2\n");
}

static void money_is_grouped_by_thousands(void**) {
  const struct {
    std::int64_t cents;
    const char* text;
  } kCases[] = {
      {0, "0.00"},
      {99'999, "999.99"},
      {100'000, "1,000.00"},
      {123'456'789, "1,234,567.89"},
  };
  for (const auto& each : kCases)
    expect_text(grouped(Money::from_cents(each.cents)), each.text);
}

static void ages_read_as_a_person_says_them(void**) {
  expect_text(format_ago(kNow, kNow), "just now");
  expect_text(format_ago(kNow - std::chrono::seconds(90), kNow), "1 min 30 s ago");
  expect_text(format_age(kNow - std::chrono::hours(50), kNow), "2 d 2 h");
  expect_text(format_old(kNow - std::chrono::hours(23), kNow), "of today");
  expect_text(format_old(kNow - std::chrono::hours(24), kNow), "1 day old");
  expect_text(format_old(kNow - std::chrono::days(59), kNow), "59 days old");
  expect_text(format_old(kNow - std::chrono::days(60), kNow), "2 months old");
  expect_text(format_old(kNow + std::chrono::days(1), kNow), "of today");
  expect_text(counted(1, "machine"), "1 machine");
  expect_text(counted(0, "machine"), "0 machines");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
      cmocka_unit_test(empty_cells_leave_no_blanks_at_the_end),
      cmocka_unit_test(a_note_runs_over_the_other_columns_and_widens_none),
      cmocka_unit_test(widths_count_characters_and_not_bytes),
      cmocka_unit_test(foreign_words_cannot_break_a_line_or_reach_the_terminal),
      cmocka_unit_test(colours_change_no_width),
      cmocka_unit_test(money_is_grouped_by_thousands),
      cmocka_unit_test(ages_read_as_a_person_says_them),
  };
  return cmocka_run_group_tests_name("cli.table", tests, nullptr, nullptr);
}
