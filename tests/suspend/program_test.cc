// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstring>
#include <string>
#include <vector>

#include "ledger/power_call.h"
#include "tests/support/cmocka.h"
#include "tests/support/power_program.h"

using namespace spillway;
using namespace spillway::testing;

static void the_name_and_the_option_tell_what_is_recorded(void**) {
  const struct {
    const char* program;
    const char* option;
    RequestKind kind;
  } cases[] = {
      {"spillway-suspend", nullptr, RequestKind::kSuspend},
      {"spillway-suspend", "--resume-fail", RequestKind::kResumeFail},
      {"spillway-resume-fail", nullptr, RequestKind::kResumeFail},
      {"spillway-resume-fail", "--resume-fail", RequestKind::kResumeFail},
      {"spillway-resume", "--resume-fail", RequestKind::kResume},
  };
  for (const auto& c : cases) {
    const PowerFolder folder;
    Call call{c.program, {"--config", folder.config()}, {}, Descriptors::kClosed};
    if (c.option != nullptr) call.arguments.emplace_back(c.option);
    call.arguments.emplace_back("n[1-2]");
    assert_int_equal(run_call(call).status, 0);
    const auto requests = folder.requests();
    assert_int_equal(requests.size(), 1);
    if (requests[0].kind != c.kind) {
      fail_msg("%s: %s", c.program, request_kind_name(requests[0].kind));
    }
    assert_string_equal(requests[0].nodes.c_str(), "n[1-2]");
  }
}

static void a_suspension_has_no_resume_file_and_misses_none(void**) {
  const PowerFolder folder;
  folder.write("resume.json", "{}");
  const Call call{"spillway-suspend",
                  {"--config", folder.config(), "n1"},
                  {"SLURM_RESUME_FILE=" + folder.path("resume.json")},
                  Descriptors::kTerminal};
  const auto outcome = run_call(call);
  assert_int_equal(outcome.status, 0);
  assert_int_equal(outcome.lines.size(), 0);
  assert_string_equal(folder.requests().at(0).resume_file.c_str(), "");
}

static void what_is_not_recorded_is_said_in_one_line(void**) {
  for (const std::string program : {"spillway-suspend", "spillway-resume-fail"}) {
    const PowerFolder folder;
    folder.write("spillway.yaml", "ledger: " + folder.path("missing/ledger.db") + "\n");
    const auto outcome =
        run_call({program, {"--config", folder.config(), "n1"}, {}, Descriptors::kTerminal});
    assert_int_equal(outcome.status, 1);
    assert_int_equal(outcome.lines.size(), 1);
    const auto expected = program + ": not recorded: " +
                          (program == "spillway-suspend" ? std::string("suspend") : "resume-fail") +
                          " of \"n1\": ";
    if (outcome.lines[0].rfind(expected, 0) != 0) fail_msg("%s", outcome.lines[0].c_str());
  }
}

static void an_unreadable_config_is_no_reason_to_lose_the_line(void**) {
  const PowerFolder folder;
  const auto outcome = run_call(
      {"spillway-suspend", {"--config", folder.path("none"), "n["}, {}, Descriptors::kTerminal});
  assert_int_equal(outcome.status, 1);
  assert_int_equal(outcome.lines.size(), 1);
}

static void arguments_are_read(void**) {
  const struct {
    std::vector<std::string_view> arguments;
    const char* config;
    const char* nodes;
    bool resume_fail;
  } cases[] = {
      {{}, "/etc/spillway/spillway.yaml", "", false},
      {{"n1"}, "/etc/spillway/spillway.yaml", "n1", false},
      {{"a", "b", "n1"}, "/etc/spillway/spillway.yaml", "n1", false},
      {{"--config", "/c", "n1"}, "/c", "n1", false},
      {{"--config=/c", "n1"}, "/c", "n1", false},
      {{"--config", "/c", "--resume-fail", "n1"}, "/c", "n1", true},
      {{"--config", "/c"}, "/c", "", false},
      {{"--config"}, "/etc/spillway/spillway.yaml", "", false},
      {{"n1", "--resume-fail"}, "/etc/spillway/spillway.yaml", "", true},
      {{"--help"}, "/etc/spillway/spillway.yaml", "", false},
  };
  for (const auto& c : cases) {
    const auto read = read_power_call_arguments(c.arguments);
    assert_string_equal(read.config.c_str(), c.config);
    assert_string_equal(read.nodes.c_str(), c.nodes);
    assert_int_equal(read.resume_fail, c.resume_fail);
  }
}

static void the_ledger_is_found_only_where_the_config_names_it(void**) {
  const struct {
    const char* yaml;
    const char* path;  // "": nothing
  } cases[] = {
      {"ledger: /a", "/a"},
      {"cluster: x\nledger: \"/a b\"\n", "/a b"},
      {"{ledger: /a}", "/a"},
      {"broken: [\nledger: /a\n", "/a"},
      {"", ""},
      {"cluster: x", ""},
      {"ledger:", ""},
      {"ledger: ''", ""},
      {"ledger: [/a]", ""},
      {"ledger: {x: /a}", ""},
      {"join:\n  ledger: /a\n", ""},
      {"broken: [\n  ledger: /a\n", ""},
      {"broken: [\n#ledger: /a\n", ""},
      {"broken: [\nmyledger: /a\n", ""},
      {"- ledger: /a", ""},
  };
  for (const auto& c : cases) {
    const auto path = find_ledger_path(c.yaml);
    if (path.value_or("") != c.path) fail_msg("%s: \"%s\"", c.yaml, path.value_or("").c_str());
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_name_and_the_option_tell_what_is_recorded),
      cmocka_unit_test(a_suspension_has_no_resume_file_and_misses_none),
      cmocka_unit_test(what_is_not_recorded_is_said_in_one_line),
      cmocka_unit_test(an_unreadable_config_is_no_reason_to_lose_the_line),
      cmocka_unit_test(arguments_are_read),
      cmocka_unit_test(the_ledger_is_found_only_where_the_config_names_it),
  };
  return cmocka_run_group_tests_name("suspend.program", tests, nullptr, nullptr);
}
