// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/hostlist.h"

#include <string>
#include <vector>

#include "tests/support/cmocka.h"

using namespace spillway;

using Names = std::vector<std::string>;

static std::string listed(const Names& names) {
  std::string out;
  for (const std::string& name : names)
    out += name + " ";
  return out;
}

static void expressions_stand_for_names_in_their_order(void**) {
  const struct {
    std::string expression;
    Names names;
  } cases[] = {
      {"n1", {"n1"}},
      {"login", {"login"}},
      {"b,a", {"b", "a"}},
      {"a,a", {"a", "a"}},
      {"n[1]", {"n1"}},
      {"n[1-3]", {"n1", "n2", "n3"}},
      {"n[3,1-2]", {"n3", "n1", "n2"}},
      {"n[08-10]", {"n08", "n09", "n10"}},
      {"n[8-11]", {"n8", "n9", "n10", "n11"}},
      {"n[0-1]", {"n0", "n1"}},
      {"n[000-001]", {"n000", "n001"}},
      {"n[7-7]", {"n7"}},
      {"h100-[001-002,007],login", {"h100-001", "h100-002", "h100-007", "login"}},
      {"n[1-2]-ib", {"n1-ib", "n2-ib"}},
      {"a[1-2],b[3-4]", {"a1", "a2", "b3", "b4"}},
      {"[1-2]", {"1", "2"}},
      {"n[999999999999999999]", {"n999999999999999999"}},
      {"rack-1.example_x", {"rack-1.example_x"}},
  };
  for (const auto& c : cases) {
    const auto names = parse_hostlist(c.expression);
    if (!names) fail_msg("'%s': %s", c.expression.c_str(), names.error().message.c_str());
    if (*names != c.names) fail_msg("'%s': %s", c.expression.c_str(), listed(*names).c_str());
  }
}

static void what_is_no_host_list_is_refused(void**) {
  const std::string cases[] = {"",
                               ",",
                               "a,",
                               ",a",
                               "a,,b",
                               " ",
                               " a",
                               "a ",
                               "a b",
                               "a, b",
                               "a\n",
                               "a\tb",
                               std::string("a\0b", 3),
                               "a\x7f",
                               "n\xc3\xbc",
                               // brackets
                               "n[",
                               "n]",
                               "n[]",
                               "n[1",
                               "n1]",
                               "n[1]]",
                               "n[[1]]",
                               "n[1-2][3-4]",
                               "n[1][2",
                               "n[1-2]x[3]",
                               "]",
                               "[",
                               "[]",
                               "n[1],[",
                               // ranges
                               "n[,]",
                               "n[1,]",
                               "n[,1]",
                               "n[-]",
                               "n[1-]",
                               "n[-1]",
                               "n[2-1]",
                               "n[1--2]",
                               "n[1-2-3]",
                               "n[a]",
                               "n[1-b]",
                               "n[a-b]",
                               "n[1;2]",
                               "n[ 1]",
                               "n[1 -2]",
                               "n[+1]",
                               "n[0x1]",
                               "n[1.5]",
                               // widths
                               "n[01-100]",
                               "n[001-04]",
                               "n[1-010]",
                               "n[00-9]",
                               "n[9-010]",
                               // too much
                               "n[1-65537]",
                               "n[1-65536],m",
                               "n[0-999999999999999999]",
                               "n[1000000000000000000]",
                               "n[1-1000000000000000000]",
                               "n[18446744073709551616]"};
  for (const std::string& text : cases) {
    const auto names = parse_hostlist(text);
    if (names) fail_msg("'%s' was taken as %s", text.c_str(), listed(*names).c_str());
    if (names.error().code != ErrorCode::kInvalid) fail_msg("'%s': wrong code", text.c_str());
    if (names.error().message.find("at character ") == std::string::npos) {
      fail_msg("'%s': no place in '%s'", text.c_str(), names.error().message.c_str());
    }
  }
}

static void the_limit_counts_all_names(void**) {
  assert_true(static_cast<bool>(parse_hostlist("a[1-2],b", 3)));
  assert_false(static_cast<bool>(parse_hostlist("a[1-2],b", 2)));
  assert_false(static_cast<bool>(parse_hostlist("a[1-2]", 1)));
  assert_false(static_cast<bool>(parse_hostlist("a[1-2],b[1-2]", 3)));
}

static void names_are_written_as_the_shortest_expression(void**) {
  const struct {
    Names names;
    std::string expression;
  } cases[] = {
      {{}, ""},
      {{"a"}, "a"},
      {{"n1"}, "n1"},
      {{"b", "a"}, "a,b"},
      {{"a", "a"}, "a"},
      {{"n1", "n2"}, "n[1-2]"},
      {{"n3", "n1", "n2"}, "n[1-3]"},
      {{"n1", "n3"}, "n[1,3]"},
      {{"n1", "n2", "n3", "n7"}, "n[1-3,7]"},
      {{"n8", "n9", "n10"}, "n[8-10]"},
      {{"n08", "n09", "n10"}, "n[08-10]"},
      {{"n98", "n99", "n100"}, "n[98-100]"},
      {{"n098", "n099", "n100"}, "n[098-100]"},
      {{"n01", "n02", "n03", "n100"}, "n[01-03,100]"},
      {{"n1", "n01"}, "n[1,01]"},
      {{"n10", "n9", "n1"}, "n[1,9-10]"},
      {{"h100-002", "login", "h100-001"}, "h100-[001-002],login"},
      {{"rack10-1", "rack2-1"}, "rack2-1,rack10-1"},
      {{"n", "n1"}, "n,n1"},
      {{"1", "2"}, "[1-2]"},
      {{"n1-ib", "n2-ib"}, "n1-ib,n2-ib"},
      {{"a1", "b1", "a2", "b2"}, "a[1-2],b[1-2]"},
      {{"r02-1", "r2-1", "r02-2"}, "r02-[1-2],r2-1"},
  };
  for (const auto& c : cases) {
    const std::string text = format_hostlist(c.names);
    if (text != c.expression) fail_msg("%s: '%s'", c.expression.c_str(), text.c_str());
  }
}

static void what_is_written_reads_back(void**) {
  Names names;
  for (int number = 0; number < 20'000; number += number % 7 == 0 ? 2 : 1) {
    std::string digits = std::to_string(number);
    names.push_back("cloud-" + std::string(5 - digits.size(), '0') + digits);
    names.push_back("plain" + digits);
  }
  const std::string text = format_hostlist(names);
  const auto read = parse_hostlist(text, names.size());
  assert_true(static_cast<bool>(read));
  assert_int_equal(read->size(), names.size());
  assert_string_equal(format_hostlist(*read).c_str(), text.c_str());
}

int main() {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(expressions_stand_for_names_in_their_order),
      cmocka_unit_test(what_is_no_host_list_is_refused),
      cmocka_unit_test(the_limit_counts_all_names),
      cmocka_unit_test(names_are_written_as_the_shortest_expression),
      cmocka_unit_test(what_is_written_reads_back),
  };
  return cmocka_run_group_tests_name("core.hostlist", tests, nullptr, nullptr);
}
