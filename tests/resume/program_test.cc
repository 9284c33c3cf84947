// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "core/hostlist.h"
#include "ledger/wake.h"
#include "tests/support/cmocka.h"
#include "tests/support/power_program.h"

using namespace spillway;
using namespace spillway::testing;

namespace {

Call resume(const PowerFolder& folder, const std::string& nodes) {
  return {"spillway-resume", {"--config", folder.config(), nodes}, {}, Descriptors::kClosed};
}

// The one request that must be in the ledger.
Request only_request(const PowerFolder& folder, const std::string& what) {
  const auto requests = folder.requests();
  if (requests.size() != 1) fail_msg("%s: %zu requests", what.c_str(), requests.size());
  assert_int_equal(requests[0].kind, RequestKind::kResume);
  return requests[0];
}

}  // namespace

static void each_shape_of_resume_file_is_kept_as_it_came(void**) {
  std::string many = R"({"jobs":[)";
  for (int id = 1; id <= 5000; ++id) {
    many += (id > 1 ? "," : "") + std::string(R"({"job_id":)") + std::to_string(id) +
            R"(,"nodes_resume":"n1"})";
  }
  const std::string texts[] = {
      R"({"jobs":[{"job_id":123,"nodes":"n[1-3]"}],"all_nodes":"n[1-3]"})",
      R"({"jobs":[{"extra":null,"job_id":7,"features":null,"nodes_alloc":"n[1-4]",)"
      R"("nodes_resume":"n[1-3]","oversubscribe":"NO","partition":"cloud","reservation":null}],)"
      R"("all_nodes_resume":"n[1-3]"})",
      R"({"jobs":[],"all_nodes_resume":"n1"})",
      "no JSON at all",
      "",
      many + R"(],"all_nodes_resume":"n1"})",
  };
  for (const auto& text : texts) {
    const PowerFolder folder;
    folder.write("resume.json", text);
    auto call = resume(folder, "n[1-3]");
    call.environment = {"SLURM_CONF=/etc/slurm/slurm.conf",
                        "SLURM_RESUME_FILE=" + folder.path("resume.json")};
    assert_int_equal(run_call(call).status, 0);
    const auto request = only_request(folder, text.substr(0, 60));
    assert_string_equal(request.nodes.c_str(), "n[1-3]");
    assert_string_equal(request.resume_file.c_str(), text.c_str());
    assert_false(request.done_at.has_value());
  }
}

// As slurmctld hands it over: a file in its memory, by way of /proc.
static void a_resume_file_in_memory_is_copied(void**) {
  const PowerFolder folder;
  const std::string text = R"({"jobs":[{"job_id":1,"nodes":"a"}],"all_nodes":"a"})";
  const int memory = memfd_create("resume", 0);
  assert_true(memory >= 0);
  assert_int_equal(write(memory, text.data(), text.size()), text.size());
  auto call = resume(folder, "a");
  call.environment = {"SLURM_RESUME_FILE=/proc/" + std::to_string(getpid()) + "/fd/" +
                      std::to_string(memory)};
  assert_int_equal(run_call(call).status, 0);
  close(memory);
  assert_string_equal(only_request(folder, "memfd").resume_file.c_str(), text.c_str());
}

static void without_a_resume_file_the_call_is_recorded_with_a_warning(void**) {
  const PowerFolder folder;
  const std::vector<std::string> environments[] = {
      {},
      {"SLURM_RESUME_FILE=" + folder.path("missing.json")},
      {"SLURM_RESUME_FILE="},
      {"SLURM_RESUME_FILE=" + folder.path("")},
  };
  std::size_t recorded = 0;
  for (const auto& environment : environments) {
    auto call = resume(folder, "n1");
    call.environment = environment;
    call.descriptors = Descriptors::kTerminal;
    const auto outcome = run_call(call);
    assert_int_equal(outcome.status, 0);
    assert_int_equal(outcome.lines.size(), 1);
    assert_non_null(strstr(outcome.lines[0].c_str(), "resume file"));
    const auto requests = folder.requests();
    assert_int_equal(requests.size(), ++recorded);
    assert_string_equal(requests.back().resume_file.c_str(), "");
  }
}

static void only_the_last_argument_is_the_host_list(void**) {
  const PowerFolder folder;
  auto call = resume(folder, "n1");
  call.arguments = {"--config=" + folder.config(), "--of-a-power-action", "x,y", "n[2-3]"};
  assert_int_equal(run_call(call).status, 0);
  assert_string_equal(only_request(folder, "arguments").nodes.c_str(), "n[2-3]");
}

static void a_config_that_the_broker_refuses_loses_nothing(void**) {
  const char* templates[] = {
      "ledger: %s\n",
      "unknown: [1, 2]\nledger: \"%s\"\npools: 7\n",
      "pools: {a: {nodes: [\nledger: %s\n",
      "a: 1\na: 2\nledger: %s   # ours\n",
      "\tledger: no\nledger: '%s'\n",
      "x: &anchor 1\ny: *anchor\nledger: %s\r\n",
      "ledger: %s\n---\nsecond: document\n",
  };
  for (const auto* pattern : templates) {
    const PowerFolder folder;
    std::string text(pattern);
    folder.write("spillway.yaml", text.replace(text.find("%s"), 2, folder.ledger()));
    assert_int_equal(run_call(resume(folder, "n1")).status, 0);
    assert_string_equal(only_request(folder, pattern).nodes.c_str(), "n1");
  }
}

static void what_is_no_host_list_is_refused_in_one_line(void**) {
  const char* garbage[] = {"",
                           ",",
                           "n[",
                           "n[3-1]",
                           "n]",
                           "a,,b",
                           "a b",
                           "n[1-2",
                           "n[1-99999999]",
                           "--help",
                           "-x",
                           "n\n1",
                           "\x01",
                           "[]"};
  for (const auto* nodes : garbage) {
    const PowerFolder folder;
    auto call = resume(folder, nodes);
    call.descriptors = Descriptors::kTerminal;
    const auto outcome = run_call(call);
    if (outcome.status != 1) fail_msg("\"%s\": status %d", nodes, outcome.status);
    if (outcome.lines.size() != 1) fail_msg("\"%s\": %zu lines", nodes, outcome.lines.size());
    assert_non_null(strstr(outcome.lines[0].c_str(), "spillway-resume: not recorded: resume of "));
    assert_int_equal(folder.requests().size(), 0);
    assert_int_equal(run_call(resume(folder, nodes)).status, 1);
  }
}

static void without_arguments_the_usage_is_said(void**) {
  const std::vector<std::string> cases[] = {{}, {"--config", "/nowhere"}, {"--config"}};
  for (const auto& arguments : cases) {
    const auto outcome = run_call({"spillway-resume", arguments, {}, Descriptors::kTerminal});
    assert_int_equal(outcome.status, 1);
    assert_int_equal(outcome.lines.size(), 1);
    assert_non_null(strstr(outcome.lines[0].c_str(), "usage: spillway-resume"));
  }
}

static void a_ledger_that_cannot_be_written_is_said_in_one_line(void**) {
  const struct {
    const char* ledger;  // in the folder
    const char* in_the_way;
  } cases[] = {
      {"file/ledger.db", "file"},      // its folder is a file
      {"missing/ledger.db", nullptr},  // its folder is not there
      {"garbage.db", "garbage.db"},    // no ledger
      {"", nullptr},                   // a folder
  };
  for (const auto& c : cases) {
    const PowerFolder folder;
    folder.write("spillway.yaml", "ledger: " + folder.path(c.ledger) + "\n");
    if (c.in_the_way != nullptr) {
      folder.write(c.in_the_way, std::string(4096, 'x'));
    }
    auto call = resume(folder, "h100-[001-004]");
    assert_int_equal(run_call(call).status, 1);
    call.descriptors = Descriptors::kTerminal;
    const auto outcome = run_call(call);
    if (outcome.status != 1) fail_msg("%s: status %d", c.ledger, outcome.status);
    assert_int_equal(outcome.lines.size(), 1);
    assert_non_null(strstr(outcome.lines[0].c_str(), "not recorded"));
    assert_non_null(strstr(outcome.lines[0].c_str(), "h100-[001-004]"));
  }
}

static void calls_at_once_are_all_recorded(void**) {
  const PowerFolder folder;
  constexpr int kCalls = 24;
  std::vector<pid_t> children;
  for (int i = 0; i < kCalls; ++i) {
    children.push_back(start_call(resume(folder, "n" + std::to_string(i))));
  }
  for (const auto child : children)
    assert_int_equal(wait_for_exit(child), 0);
  std::set<std::string> nodes;
  for (const auto& request : folder.requests())
    nodes.insert(request.nodes);
  assert_int_equal(nodes.size(), kCalls);
}

static void the_broker_is_woken(void**) {
  const PowerFolder folder;
  const auto socket = WakeSocket::open(folder.ledger());
  if (!socket) fail_msg("%s", socket.error().message.c_str());
  pollfd ready{(*socket)->descriptor(), POLLIN, 0};
  assert_int_equal(poll(&ready, 1, 0), 0);
  assert_int_equal(run_call(resume(folder, "n1")).status, 0);
  assert_int_equal(poll(&ready, 1, 10'000), 1);
  assert_int_equal(folder.requests().size(), 1);
}

static void a_thousand_nodes_are_one_request(void**) {
  const PowerFolder folder;
  std::string nodes;
  for (int i = 0; i < 2000; i += 2)
    nodes += (i > 0 ? "," : "") + ("n" + std::to_string(i));
  assert_int_equal(run_call(resume(folder, nodes)).status, 0);
  assert_int_equal(parse_hostlist(only_request(folder, "long list").nodes)->size(), 1000);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_shape_of_resume_file_is_kept_as_it_came),
      cmocka_unit_test(a_resume_file_in_memory_is_copied),
      cmocka_unit_test(without_a_resume_file_the_call_is_recorded_with_a_warning),
      cmocka_unit_test(only_the_last_argument_is_the_host_list),
      cmocka_unit_test(a_config_that_the_broker_refuses_loses_nothing),
      cmocka_unit_test(what_is_no_host_list_is_refused_in_one_line),
      cmocka_unit_test(without_arguments_the_usage_is_said),
      cmocka_unit_test(a_ledger_that_cannot_be_written_is_said_in_one_line),
      cmocka_unit_test(calls_at_once_are_all_recorded),
      cmocka_unit_test(the_broker_is_woken),
      cmocka_unit_test(a_thousand_nodes_are_one_request),
  };
  return cmocka_run_group_tests_name("resume.program", tests, nullptr, nullptr);
}
