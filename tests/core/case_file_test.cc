// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cases that are written wrongly are refused, and cases that expect something else are told.
#include "tests/support/case_file.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr const char* kBase = R"(
cluster: hpc1
join: {listen: 127.0.0.1:8444, url: "https://127.0.0.1:8444"}
providers: {lambda: {key_file: /etc/spillway/keys/lambda}}
pools:
  h100:
    nodes: h100-[1-4]
    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB}
    offers: [{provider: lambda}]
policy: {partitions: {gpu: {after: 10m}}}
offers: [{at: lambda us-east-1, price: 24}]
)";

struct Row {
  const char* what;
  const char* text;
  const char* because;
};

}  // namespace

static void a_case_that_is_written_wrongly_is_refused(void**) {
  for (const auto& [what, text, because] : {
           Row{"not YAML", "- {", "wrong.yaml:"},
           Row{"no list", "name: a", "a list of cases"},
           Row{"no case", "[]", "a list of cases"},
           Row{"no name", "- {jobs: [{id: 7}], expect: {7: {nodes: 1}}}", "name: missing"},
           Row{"a name twice",
               "- {name: a, jobs: [{id: 7}], expect: {7: {nodes: 1}}}\n"
               "- {name: a, jobs: [{id: 7}], expect: {7: {nodes: 1}}}",
               "another case has it"},
           Row{"expects nothing", "- {name: a, jobs: [{id: 7}]}", "expect: missing"},
           Row{"expects nothing of nobody",
               "- {name: a, jobs: [{id: 7}], expect: {}}",
               "at least one entry"},
           Row{"expects nothing of a job",
               "- {name: a, jobs: [{id: 7}], expect: {7: {}}}",
               "nothing is expected"},
           Row{"expects no words",
               "- {name: a, jobs: [{id: 7}], expect: {7: {says: []}}}",
               "words, or a list"},
           Row{"expects of a job that is not there",
               "- {name: a, jobs: [{id: 7}], expect: {8: {nodes: 1}}}",
               "no such job"},
           Row{"a typo in the case",
               "- {name: a, job: [{id: 7}], expect: {7: {nodes: 1}}}",
               "unknown key"},
           Row{"a typo in a job",
               "- {name: a, jobs: [{id: 7, wating: 5m}], expect: {7: {nodes: 1}}}",
               "did you mean \"waiting\""},
           Row{"a typo in what is expected",
               "- {name: a, jobs: [{id: 7}], expect: {7: {node: 1}}}",
               "did you mean \"nodes\""},
           Row{"a typo in the configuration",
               "- {name: a, policy: {partitions: {gpu: {afer: 5m}}}, jobs: [{id: 7}], "
               "expect: {7: {nodes: 1}}}",
               "did you mean \"after\""},
           Row{"a job twice",
               "- {name: a, jobs: [{id: 7}, {id: 7}], expect: {7: {nodes: 1}}}",
               "another job has it"},
           Row{"a time without its unit",
               "- {name: a, jobs: [{id: 7, waiting: 5}], expect: {7: {nodes: 1}}}",
               "a time with its unit"},
           Row{"a machine on no node of a pool",
               "- {name: a, machines: [{nodes: local-1, at: lambda us-east-1}], jobs: [{id: 7}], "
               "expect: {7: {nodes: 1}}}",
               "no pool has local-1"},
           Row{"a machine of no offer",
               "- {name: a, machines: [{nodes: h100-1, at: lambda mars}], jobs: [{id: 7}], "
               "expect: {7: {nodes: 1}}}",
               "this is no offer"},
           Row{"a state of no node",
               "- {name: a, nodes: [{nodes: h100-1, is: drayning}], jobs: [{id: 7}], "
               "expect: {7: {nodes: 1}}}",
               "no state of a node"},
       }) {
    const auto cases = parse_cases(text, "wrong.yaml", kBase);
    if (cases) fail_msg("%s: accepted", what);
    const auto& message = cases.error().message;
    if (message.find(because) == std::string::npos) fail_msg("%s: %s", what, message.c_str());
  }
}

static void what_comes_otherwise_than_expected_is_told(void**) {
  for (const auto& [what, text, told] : {
           Row{"all as expected", "{standing: permitted, nodes: 1, \"on\": h100-1}", ""},
           Row{"a word of the sentence", "{says: may use}", ""},
           Row{"another standing",
               "{standing: waiting}",
               "job 7: standing: expected \"waiting\", came \"permitted\""},
           Row{"part of a standing",
               "{standing: permit}",
               "job 7: standing: expected \"permit\", came \"permitted\""},
           Row{"other nodes", "{\"on\": h100-2}", "job 7: on: expected \"h100-2\""},
           Row{"a word that is not there", "{says: [may use, gold]}", "says: expected \"gold\""},
           Row{"nothing where there is something", "{offer: nothing}", "offer: expected"},
           Row{"a comment that is not written", "{comment: gold}", "came \"[spillway] may use"},
       }) {
    const auto line = "- {name: a, jobs: [{id: 7}], expect: {7: " + std::string(text) + "}}";
    const auto cases = parse_cases(line, "case.yaml", kBase);
    if (!cases) fail_msg("%s: %s", what, cases.error().message.c_str());
    const auto findings = play(cases->front());
    const bool is_told = findings.size() == 1 && findings[0].find(told) != std::string::npos;
    if (*told == '\0' ? !findings.empty() : !is_told) {
      fail_msg("%s: %zu: %s", what, findings.size(), findings.empty() ? "" : findings[0].c_str());
    }
  }
}

static void a_case_replaces_what_it_writes_and_keeps_the_rest(void**) {
  const auto cases = parse_cases(
      "- {name: a, offers: [], jobs: [{id: 7}], expect: {7: {standing: held-back}}}\n"
      "- {name: b, offers: [{at: lambda b, price: 9}], jobs: [{id: 7}], expect: {7: {offer: b}}}\n"
      "- {name: c, jobs: [{id: 7}], expect: {7: {offer: us-east-1}}}\n",
      "case.yaml",
      kBase);
  if (!cases) fail_msg("%s", cases.error().message.c_str());
  for (const auto& each : *cases) {
    const auto findings = play(each);
    if (!findings.empty()) fail_msg("%s: %s", each.name.c_str(), findings[0].c_str());
  }
}

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(a_case_that_is_written_wrongly_is_refused),
                              cmocka_unit_test(what_comes_otherwise_than_expected_is_told),
                              cmocka_unit_test(a_case_replaces_what_it_writes_and_keeps_the_rest)};
  return cmocka_run_group_tests_name("core.case_file", tests, nullptr, nullptr);
}
