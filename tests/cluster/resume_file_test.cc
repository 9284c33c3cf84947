// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/resume_file.h"

#include <string>
#include <vector>

#include "tests/support/cmocka.h"

using namespace spillway;

using Names = std::vector<std::string>;

static std::string format_jobs(const std::vector<ResumeJob>& jobs) {
  std::string text;
  for (const auto& job : jobs) {
    text += std::to_string(job.id) + ":";
    for (const auto& node : job.nodes)
      text += " " + node;
    text += " /";
    for (const auto& node : job.nodes_alloc)
      text += " " + node;
    text += "; ";
  }
  return text;
}

static void every_release_s_file_is_read(void**) {
  const struct {
    const char* text;
    Names called;
    const char* jobs;
  } cases[] = {
      // 22.05
      {R"({"jobs":[{"job_id":123,"nodes":"n[1-3]"}],"all_nodes":"n[1-3]"})",
       {"n1", "n2", "n3"},
       "123: n1 n2 n3 /; "},
      // 23.02 to 25.11
      {R"({"jobs":[{"extra":null,"job_id":1736828,"features":null,"nodes_alloc":"n[1-4]",)"
       R"("nodes_resume":"n[1-3]","oversubscribe":"NO","partition":"cloud","reservation":null}],)"
       R"("all_nodes_resume":"n[1-3]"})",
       {"n1", "n2", "n3"},
       "1736828: n1 n2 n3 / n1 n2 n3 n4; "},
      // 26.05, where another action's nodes are listed as well
      {R"({"jobs":[{"exclusive":"NODE","extra":null,"job_id":7,"priority":4294901759,)"
       R"("features":null,"nodes_alloc":"n[1-4]","nodes_resume":"n[1-4]","oversubscribe":"NO",)"
       R"("partition":"cloud","reservation":null},{"job_id":8,"nodes_resume":"m1"}],)"
       R"("all_nodes_resume":"n[1-2]"})",
       {"n1", "n2"},
       "7: n1 n2 / n1 n2 n3 n4; "},
      // the allocation left out, or null
      {R"({"jobs":[{"job_id":1,"nodes_resume":"a"}]})", {"a"}, "1: a /; "},
      {R"({"jobs":[{"job_id":1,"nodes_resume":"a","nodes_alloc":null}]})", {"a"}, "1: a /; "},
      // the newer key counts when both are there
      {R"({"jobs":[{"job_id":1,"nodes_resume":"a","nodes":"b"}]})", {"a", "b"}, "1: a /; "},
      // powered up by hand: no jobs
      {R"({"jobs":[],"all_nodes_resume":"n1"})", {"n1"}, ""},
      {R"({"jobs":null,"all_nodes_resume":"n1"})", {"n1"}, ""},
      {R"({"all_nodes_resume":"n1"})", {"n1"}, ""},
      {"{}", {"n1"}, ""},
      {"", {"n1"}, ""},
      // a job without nodes of ours
      {R"({"jobs":[{"job_id":1}]})", {"n1"}, ""},
      {R"({"jobs":[{"job_id":1,"nodes_resume":null}]})", {"n1"}, ""},
      {R"({"jobs":[{"job_id":1,"nodes_resume":""}]})", {"n1"}, ""},
      // het components have ids of their own; the highest id
      {R"({"jobs":[{"job_id":4294967295,"nodes":"b"},{"job_id":5,"nodes":"a"}]})",
       {"a", "b"},
       "4294967295: b /; 5: a /; "},
      {"{\n \"jobs\" : [ {\"job_id\":1,\"nodes\":\"a\"} ] }\n", {"a"}, "1: a /; "},
  };
  for (const auto& c : cases) {
    const auto jobs = parse_resume_file(c.text, c.called);
    if (!jobs) fail_msg("%s: %s", c.text, jobs.error().message.c_str());
    const auto found = format_jobs(*jobs);
    if (found != c.jobs) fail_msg("%s: \"%s\"", c.text, found.c_str());
  }
}

static void what_slurm_never_writes_is_refused(void**) {
  const char* cases[] = {
      "x",
      "null",
      "[]",
      "\"jobs\"",
      "12",
      "{",
      R"({"jobs":[)",
      R"({"jobs":[{"job_id":1,"nodes":"a"}])",
      R"({"jobs":[]} x)",
      R"({"jobs":[]}{"jobs":[]})",
      R"({"jobs":{}})",
      R"({"jobs":"a"})",
      R"({"jobs":1})",
      R"({"jobs":true})",
      R"({"jobs":[],"jobs":[]})",
      R"({"jobs":[null]})",
      R"({"jobs":[1]})",
      R"({"jobs":["a"]})",
      R"({"jobs":[[]]})",
      R"({"jobs":[{}]})",
      R"({"jobs":[{"nodes":"a"}]})",
      R"({"jobs":[{"job_id":null,"nodes":"a"}]})",
      R"({"jobs":[{"job_id":"1","nodes":"a"}]})",
      R"({"jobs":[{"job_id":1.5,"nodes":"a"}]})",
      R"({"jobs":[{"job_id":0,"nodes":"a"}]})",
      R"({"jobs":[{"job_id":-1,"nodes":"a"}]})",
      R"({"jobs":[{"job_id":4294967296,"nodes":"a"}]})",
      R"({"jobs":[{"job_id":99999999999999999999,"nodes":"a"}]})",
      R"({"jobs":[{"job_id":1,"nodes":1}]})",
      R"({"jobs":[{"job_id":1,"nodes":["a"]}]})",
      R"({"jobs":[{"job_id":1,"nodes_resume":{}}]})",
      R"({"jobs":[{"job_id":1,"nodes":"a["}]})",
      R"({"jobs":[{"job_id":1,"nodes":"a[2-1]"}]})",
      R"({"jobs":[{"job_id":1,"nodes":"a b"}]})",
      R"({"jobs":[{"job_id":1,"nodes":","}]})",
      R"({"jobs":[{"job_id":1,"nodes":"a[1-9999999]"}]})",
      R"({"jobs":[{"job_id":1,"nodes":"a","nodes_alloc":7}]})",
      R"({"jobs":[{"job_id":1,"nodes":"a","nodes_alloc":"]"}]})",
      R"({"jobs":[{"job_id":1,"nodes":"a"},{"job_id":1,"nodes":"a"}]})",
      "{\"jobs\":[{\"job_id\":1,\"nodes\":\"\xff\"}]}",
      "<html>502 Bad Gateway</html>",
  };
  for (const auto* text : cases) {
    const auto jobs = parse_resume_file(text, {"a"});
    if (jobs) fail_msg("accepted: %s", text);
    if (jobs.error().code != ErrorCode::kInvalid) fail_msg("%s: another code", text);
    if (jobs.error().message.rfind("resume file", 0) != 0) {
      fail_msg("%s: \"%s\" does not say where", text, jobs.error().message.c_str());
    }
  }
}

static void a_short_text_cannot_stand_for_endless_names(void**) {
  std::string text = "{\"jobs\":[";
  for (int id = 1; id <= 40; ++id) {
    text += (id == 1 ? "" : ",") + std::string("{\"job_id\":") + std::to_string(id) +
            ",\"nodes\":\"a[1-60000]\"}";
  }
  assert_false(static_cast<bool>(parse_resume_file(text + "]}", {"a1"})));
}

static void a_cut_file_is_refused_wherever_it_is_cut(void**) {
  const std::string text = R"({"jobs":[{"job_id":123,"nodes":"n[1-3]"}],"all_nodes":"n[1-3]"})";
  for (std::size_t length = 1; length < text.size(); ++length) {
    if (parse_resume_file(text.substr(0, length), {"n1"})) {
      fail_msg("accepted %s", text.substr(0, length).c_str());
    }
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_release_s_file_is_read),
      cmocka_unit_test(what_slurm_never_writes_is_refused),
      cmocka_unit_test(a_short_text_cannot_stand_for_endless_names),
      cmocka_unit_test(a_cut_file_is_refused_wherever_it_is_cut),
  };
  return cmocka_run_group_tests_name("cluster.resume_file", tests, nullptr, nullptr);
}
