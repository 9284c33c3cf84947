// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/comment.h"

#include "tests/support/cmocka.h"

using namespace spillway;

static void our_part_stands_after_the_marker_and_theirs_stays(void**) {
  const struct {
    const char* existing;
    const char* text;
    const char* merged;
  } cases[] = {
      {"", "", ""},
      {"", "no machine", "[spillway] no machine"},
      {"ticket 12", "no machine", "ticket 12 [spillway] no machine"},
      {"ticket 12 [spillway] old", "new", "ticket 12 [spillway] new"},
      {"[spillway] old", "new", "[spillway] new"},
      {"ticket 12 [spillway] old", "", "ticket 12"},
      {"[spillway] old", "", ""},
      {"ticket 12", "", "ticket 12"},
      {"", "two\nlines", "[spillway] two lines"},
  };
  for (const auto& c : cases) {
    const auto merged = merge_comment(c.existing, c.text);
    if (merged != c.merged) fail_msg("\"%s\" + \"%s\": \"%s\"", c.existing, c.text, merged.c_str());
    if (merge_comment(merged, c.text) != merged) fail_msg("\"%s\" does not settle", merged.c_str());
  }
}

static void our_part_is_found(void**) {
  const struct {
    const char* comment;
    const char* ours;
  } cases[] = {
      {"", ""},
      {"ticket 12", ""},
      {"[spillway]", ""},
      {"[spillway] no machine", "no machine"},
      {"ticket 12 [spillway] no machine ", "no machine"},
      {"spillway no machine", ""},
  };
  for (const auto& c : cases) {
    const auto ours = our_comment(c.comment);
    if (ours != c.ours) fail_msg("\"%s\": \"%s\"", c.comment, std::string(ours).c_str());
  }
}

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(our_part_stands_after_the_marker_and_theirs_stays),
                              cmocka_unit_test(our_part_is_found)};
  return cmocka_run_group_tests_name("core.comment", tests, nullptr, nullptr);
}
