// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/text.h"

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

void split_gives_every_part_also_empty_ones(void**) {
  const auto parts = split("a,,b,", ',');
  assert_int_equal(parts.size(), 4);
  assert_true(parts[0] == "a" && parts[1].empty() && parts[2] == "b" && parts[3].empty());
  assert_int_equal(split("", ',').size(), 1);
}

void trim_takes_blanks_from_both_ends_only(void**) {
  assert_true(trim(" \t a b\r\n") == "a b");
  assert_true(trim("a") == "a");
  assert_true(trim(" \n ").empty());
  assert_true(trim("").empty());
}

void join_and_lower_case_work_on_plain_text(void**) {
  assert_string_equal(join({"a", "b", ""}, ", ").c_str(), "a, b, ");
  assert_string_equal(join({}, ",").c_str(), "");
  assert_string_equal(to_lower("GPU-8x_\xC3\x84").c_str(), "gpu-8x_\xC3\x84");
}

void whole_numbers_are_read(void**) {
  assert_int_equal(parse_whole_number("0").value_or(-1), 0);
  assert_int_equal(parse_whole_number("007").value_or(-1), 7);
  assert_int_equal(parse_whole_number("65535", 65535).value_or(-1), 65535);
  assert_true(parse_whole_number("9223372036854775807") == INT64_MAX);
}

void what_is_no_whole_number_is_refused(void**) {
  const char* const cases[] = {"",
                               "-1",
                               "+1",
                               " 1",
                               "1 ",
                               "1.0",
                               "1e3",
                               "0x1",
                               "a",
                               "1a",
                               "-",
                               "-0",
                               "9223372036854775808",
                               "99999999999999999999"};
  for (const char* text : cases) {
    if (parse_whole_number(text)) fail_msg("'%s' is accepted", text);
  }
  assert_false(parse_whole_number("65536", 65535).has_value());
}

void foreign_words_become_one_printable_line(void**) {
  struct Case {
    const char* text;
    const char* shown;
  };
  const Case cases[] = {
      {"plain", "plain"},
      {"two\nlines\r\n", "two lines  "},
      {"tab\tbell\a escape\x1B[2J", "tab bell  escape [2J"},
      {"delete\x7F.", "delete ."},
      {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
      {"next\xC2\x85line", "next line"},
      {"line\xE2\x80\xA8"
       "end",
       "line end"},
      {"euro \xE2\x82\xAC", "euro \xE2\x82\xAC"},
      {"emoji \xF0\x9F\x98\x80", "emoji \xF0\x9F\x98\x80"},
      {"broken \xC3", "broken ?"},
      {"broken \xC3(", "broken ?("},
      {"stray \x80 byte", "stray ? byte"},
      {"overlong \xC0\xAF", "overlong ??"},
      {"surrogate \xED\xA0\x80", "surrogate ???"},
      {"too far \xF4\x90\x80\x80", "too far ????"},
      {"never \xFF\xFE", "never ??"},
  };
  for (const Case& c : cases) {
    const std::string shown = printable(c.text, 100);
    if (shown != c.shown) fail_msg("'%s', not '%s'", shown.c_str(), c.shown);
  }
}

void printable_cuts_between_characters(void**) {
  assert_string_equal(printable("abcdef", 3).c_str(), "abc");
  assert_string_equal(printable("ab\xE2\x82\xAC", 4).c_str(), "ab");
  assert_string_equal(printable("ab\xE2\x82\xAC", 5).c_str(), "ab\xE2\x82\xAC");
  assert_string_equal(printable("abc", 0).c_str(), "");
}

void closest_finds_slips_of_the_pen(void**) {
  const std::vector<std::string> keys = {"providers", "partitions", "policy", "pools"};
  assert_string_equal(closest("provders", keys).value_or("").c_str(), "providers");
  assert_string_equal(closest("polcy", keys).value_or("").c_str(), "policy");
  assert_string_equal(closest("pool", keys).value_or("").c_str(), "pools");
  assert_string_equal(closest("partitoins", keys).value_or("").c_str(), "partitions");
  assert_string_equal(closest("pools", keys).value_or("").c_str(), "pools");
}

void closest_does_not_guess(void**) {
  const std::vector<std::string> keys = {"providers", "ib", "xy"};
  assert_false(closest("ledger", keys).has_value());
  assert_false(closest("a", keys).has_value());
  assert_false(closest("gh", keys).has_value());
  assert_false(closest("", keys).has_value());
  assert_false(closest("providers", {}).has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(split_gives_every_part_also_empty_ones),
      cmocka_unit_test(trim_takes_blanks_from_both_ends_only),
      cmocka_unit_test(join_and_lower_case_work_on_plain_text),
      cmocka_unit_test(whole_numbers_are_read),
      cmocka_unit_test(what_is_no_whole_number_is_refused),
      cmocka_unit_test(foreign_words_become_one_printable_line),
      cmocka_unit_test(printable_cuts_between_characters),
      cmocka_unit_test(closest_finds_slips_of_the_pen),
      cmocka_unit_test(closest_does_not_guess),
  };
  return cmocka_run_group_tests_name("lib.text", tests, nullptr, nullptr);
}
