// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/job_now.h"

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::minutes;

namespace {

Job pending_job() {
  Job job;
  job.id = 1234;
  job.state = JobState::kPending;
  job.state_reason = "Resources";
  job.name = "train.sh";
  job.user = "ada";
  job.partitions = {"gpu", "debug"};
  job.submitted_at = kNow - minutes(9);
  job.eligible_at = kNow - minutes(7);
  job.expected_start = kNow + minutes(5);
  job.nodes_min = 4;
  job.nodes_max = 4;
  job.tres_per_node = "gres:gpu:h100:8";
  job.features = "ib";
  job.time_limit = minutes(90);
  return job;
}

}  // namespace

static void a_request_reads_as_a_person_says_it(void**) {
  const auto words = [](auto change) {
    Job job = pending_job();
    change(job);
    return make_job_now(job).request;
  };
  expect_text(words([](Job&) {}), "4 nodes x 8 H100, needs InfiniBand");
  expect_text(words([](Job& job) {
                job.features = "";
                job.nodes_min = job.nodes_max = 1;
                job.tres_per_node = "gres:gpu:1";
              }),
              "1 node x 1 GPU");
  expect_text(words([](Job& job) {
                job.features = "";
                job.tres_per_node = "";
              }),
              "4 nodes");
  expect_text(words([](Job& job) {
                job.features = "";
                job.array_id = job.id;
                job.array_tasks = 12;
              }),
              "12 tasks x 4 nodes x 8 H100");
  expect_text(words([](Job& job) { job.features = "a|b"; }), "4 nodes");
}

static void it_waits_since_it_could_have_started(void**) {
  Job job = pending_job();
  assert_true(make_job_now(job).waits_since == kNow - minutes(7));
  job.eligible_at.reset();
  assert_true(make_job_now(job).waits_since == kNow - minutes(9));
  job.eligible_at = kNow + minutes(60);
  assert_true(make_job_now(job).waits_since == kNow + minutes(60));
  job.state = JobState::kRunning;
  assert_false(make_job_now(job).waits_since.has_value());
  assert_true(make_job_now(job).reason.empty());
}

static void a_part_knows_its_whole(void**) {
  Job job = pending_job();
  assert_int_equal(make_job_now(job).leader, 0);
  job.array_id = 1200;
  assert_int_equal(make_job_now(job).leader, 1200);
  job.het_id = 1230;
  assert_int_equal(make_job_now(job).leader, 1230);
}

static void what_is_said_apart_is_read_the_same(void**) {
  for (const auto state :
       {JobState::kPending, JobState::kConfiguring, JobState::kRunning, JobState::kOther}) {
    Job job = pending_job();
    job.state = state;
    job.started_at = kNow - minutes(1);
    job.nodes = "h100-[001-004]";
    job.het_id = 1230;
    const auto sent = make_job_now(job);
    const auto read = parse_job_now(job_now_json(sent).dump());
    if (!read) fail_msg("%s", read.error().message.c_str());
    expect_text(job_now_json(*read).dump(), job_now_json(sent).dump());
    assert_true(read->state == state);
  }
  const auto bare = parse_job_now(job_now_json(JobNow{}).dump());
  assert_true(bare && !bare->waits_since && !bare->time_limit && bare->partitions.empty());
}

static void what_is_no_job_is_an_error(void**) {
  const struct {
    const char* text;
    ErrorCode code;
    const char* why;
  } cases[] = {
      {"", ErrorCode::kProtocol, "job: not JSON"},
      {"[]", ErrorCode::kInvalid, "Slurm's answer was not understood"},
      {"{}", ErrorCode::kInvalid, "Slurm's answer was not understood"},
      {R"({"state":"dancing"})", ErrorCode::kInvalid, "Slurm's answer was not understood"},
      {R"({"state":7})", ErrorCode::kInvalid, "Slurm's answer was not understood"},
      {R"({"error":"no answer"})", ErrorCode::kInvalid, "no answer"},
      {R"({"error":"no such job","is_unknown":true})", ErrorCode::kNotFound, "no such job"},
  };
  for (const auto& each : cases) {
    const auto job = parse_job_now(each.text);
    if (job) fail_msg("%s: taken", each.text);
    assert_true(job.error().code == each.code);
    if (!job.error().message.starts_with(each.why)) fail_msg("%s", job.error().message.c_str());
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_request_reads_as_a_person_says_it),
      cmocka_unit_test(it_waits_since_it_could_have_started),
      cmocka_unit_test(a_part_knows_its_whole),
      cmocka_unit_test(what_is_said_apart_is_read_the_same),
      cmocka_unit_test(what_is_no_job_is_an_error),
  };
  return cmocka_run_group_tests_name("cli.job_now", tests, nullptr, nullptr);
}
