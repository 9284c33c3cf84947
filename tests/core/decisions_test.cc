// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/decisions.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

static const std::string kHead = "spillway-decisions 1\nwritten 1795277410 valid-for 120\n";
static const std::string kCloud = "cloud h100ib-[001-064],h100-[001-064]\n";

static const std::string kWhole = kHead + kCloud +
                                  "set h100ib.warm h100ib-[003,007]\n"
                                  "set h100ib h100ib-[001-064]\n"
                                  "set h100 h100-[001-064]\n"
                                  "job 1234 h100ib.warm h100ib\n"
                                  "job 1240 h100\n"
                                  "end 2\n";

static void a_whole_file_is_understood(void**) {
  const auto decisions = parse_decisions(kWhole);
  assert_true(static_cast<bool>(decisions));
  assert_int_equal(decisions->written, 1795277410);
  assert_int_equal(decisions->valid_for, 120);
  assert_string_equal(decisions->cloud.c_str(), "h100ib-[001-064],h100-[001-064]");
  assert_int_equal(decisions->sets.size(), 3);
  assert_string_equal(decisions->sets[0].name.c_str(), "h100ib.warm");
  assert_string_equal(decisions->sets[0].nodes.c_str(), "h100ib-[003,007]");
  assert_int_equal(decisions->jobs.size(), 2);
  assert_int_equal(decisions->jobs[0].id, 1234);
  assert_int_equal(decisions->jobs[0].sets.size(), 2);
  assert_string_equal(decisions->jobs[0].sets[1].c_str(), "h100ib");
  assert_int_equal(decisions->jobs[1].id, 1240);
}

static void what_is_read_is_written_the_same(void**) {
  const std::string texts[] = {
      kWhole,
      kHead + kCloud + "end 0\n",
      kHead + "cloud\nend 0\n",
      kHead + kCloud + "set a n1\nset b n2\njob 1 a b\nset c n3\njob 2 c\nend 2\n",
      kHead + kCloud + "set unused n1\nend 0\n",
      kHead + kCloud + "set a n1\njob 4294967295 a\nend 1\n",
      "spillway-decisions 1\nwritten 0 valid-for 0\ncloud\nend 0\n",
  };
  for (const std::string& text : texts) {
    const auto first = parse_decisions(text);
    if (!first) fail_msg("%s: %s", text.c_str(), first.error().message.c_str());
    const auto second = parse_decisions(format_decisions(*first));
    if (!second) fail_msg("%s: %s", text.c_str(), second.error().message.c_str());
    if (format_decisions(*first) != format_decisions(*second)) fail_msg("%s", text.c_str());
  }
  assert_string_equal(format_decisions(*parse_decisions(kWhole)).c_str(), kWhole.c_str());
}

static void a_file_cut_anywhere_is_refused(void**) {
  for (std::size_t length = 0; length < kWhole.size(); ++length) {
    if (parse_decisions(kWhole.substr(0, length))) fail_msg("cut after %zu bytes: taken", length);
  }
}

static void a_broken_file_is_refused_with_its_line(void**) {
  const std::string set = "set a n1\n";
  const struct {
    std::string text;
    const char* place;
  } cases[] = {
      // the head
      {"", "line 1"},
      {"\n", "line 1"},
      {"spillway-decisions\n", "line 1"},
      {"spillway-decisions 2\nwritten 1 valid-for 1\ncloud\nend 0\n", "line 1"},
      {"spillway-decisions 1 \n", "line 1"},
      {"spillway-decisions 1\r\n", "line 1"},
      {"\xef\xbb\xbf" + kWhole, "line 1"},
      {"written 1 valid-for 1\n", "line 1"},
      {"spillway-decisions 1\n" + kCloud + "end 0\n", "line 2"},
      {"spillway-decisions 1\nwritten valid-for 120\n", "line 2"},
      {"spillway-decisions 1\nwritten x valid-for 120\n", "line 2"},
      {"spillway-decisions 1\nwritten -1 valid-for 120\n", "line 2"},
      {"spillway-decisions 1\nwritten +1 valid-for 120\n", "line 2"},
      {"spillway-decisions 1\nwritten 1.5 valid-for 120\n", "line 2"},
      {"spillway-decisions 1\nwritten 99999999999999999999 valid-for 120\n", "line 2"},
      {"spillway-decisions 1\nwritten 253402300800 valid-for 120\n", "line 2"},
      {"spillway-decisions 1\nwritten 1\n", "line 2"},
      {"spillway-decisions 1\nwritten 1 valid-for\n", "line 2"},
      {"spillway-decisions 1\nwritten 1 valid-for -1\n", "line 2"},
      {"spillway-decisions 1\nwritten 1 valid-for 604801\n", "line 2"},
      {"spillway-decisions 1\nwritten 1 valid 120\n", "line 2"},
      {"spillway-decisions 1\nwritten 1 valid-for 120 s\n", "line 2"},
      {"spillway-decisions 1\nwritten  1 valid-for 120\n", "line 2"},
      // the cloud line
      {kHead + "end 0\n", "line 3"},
      {kHead + "cloud \nend 0\n", "line 3"},
      {kHead + "cloud a b\nend 0\n", "line 3"},
      {kHead + "clouds a\nend 0\n", "line 3"},
      {kHead + kCloud + kCloud + "end 0\n", "line 4"},
      // sets
      {kHead + kCloud + "set\nend 0\n", "line 4"},
      {kHead + kCloud + "set a\nend 0\n", "line 4"},
      {kHead + kCloud + "set a n1 n2\nend 0\n", "line 4"},
      {kHead + kCloud + "set a  n1\nend 0\n", "line 4"},
      {kHead + kCloud + "set a\tn1\nend 0\n", "line 4"},
      {kHead + kCloud + set + set + "end 0\n", "line 5"},
      {kHead + kCloud + "Set a n1\nend 0\n", "line 4"},
      {kHead + kCloud + "set a n\x01\nend 0\n", "line 4"},
      {kHead + kCloud + "set a n\xff\nend 0\n", "line 4"},
      {kHead + kCloud + std::string("set a n\0\nend 0\n", 15), "line 4"},
      // jobs
      {kHead + kCloud + "job 1 a\n" + set + "end 1\n", "line 4"},
      {kHead + kCloud + set + "job 1\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job 1 b\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job 1 a b\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job 1 a \nend 1\n", "line 5"},
      {kHead + kCloud + set + "job 0 a\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job -1 a\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job 4294967296 a\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job 1x a\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job 0x1 a\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job one a\nend 1\n", "line 5"},
      {kHead + kCloud + set + "job 1 a\njob 1 a\nend 2\n", "line 6"},
      {kHead + kCloud + set + "job 1 a\njob 01 a\nend 2\n", "line 6"},
      // other lines, and the end
      {kHead + kCloud + "\nend 0\n", "line 4"},
      {kHead + kCloud + "# comment\nend 0\n", "line 4"},
      {kHead + kCloud + "gpu 1\nend 0\n", "line 4"},
      {kHead + kCloud + "end\n", "line 4"},
      {kHead + kCloud + "end x\n", "line 4"},
      {kHead + kCloud + "end -0\n", "line 4"},
      {kHead + kCloud + "end 1\n", "line 4"},
      {kHead + kCloud + "end 0 0\n", "line 4"},
      {kHead + kCloud + "end 0", "line 4"},
      {kHead + kCloud + "end 0\n\n", "line 4"},
      {kHead + kCloud + "end 0\nend 0\n", "line 4"},
      {kHead + kCloud + set + "job 1 a\nend 0\n", "line 6"},
      {kHead + kCloud + set + "job 1 a\nend 2\n", "line 6"},
  };
  for (const auto& c : cases) {
    const auto decisions = parse_decisions(c.text);
    if (decisions) fail_msg("taken: %s", c.text.c_str());
    const std::string start = std::string(c.place) + ": ";
    if (decisions.error().message.rfind(start, 0) != 0) {
      fail_msg(
          "not at %s but '%s': %s", c.place, decisions.error().message.c_str(), c.text.c_str());
    }
  }
}

int main() {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_whole_file_is_understood),
      cmocka_unit_test(what_is_read_is_written_the_same),
      cmocka_unit_test(a_file_cut_anywhere_is_refused),
      cmocka_unit_test(a_broken_file_is_refused_with_its_line),
  };
  return cmocka_run_group_tests_name("core.decisions", tests, nullptr, nullptr);
}
