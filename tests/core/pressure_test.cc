// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/pressure.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr TimePoint kNow = from_unix_seconds(1'795'277'410);

struct Case {
  const char* what;
  std::function<void(Job&)> change;
  Lets lets;
  const char* because;
};

Job make_job() {
  Job job;
  job.id = 7;
  job.state = JobState::kPending;
  job.state_reason = "Resources";
  job.partitions = {"gpu"};
  job.priority = 1;
  job.submitted_at = kNow - minutes(20);
  job.eligible_at = kNow - minutes(15);
  return job;
}

Policy make_policy() {
  Policy policy;
  policy.partitions["gpu"].rule.after = minutes(10);
  policy.partitions["quiet"].rule.burst = Burst::kNever;
  return policy;
}

Pressure judge(const Job& job, const Policy& policy, const Crowd& crowd = {}) {
  const int tasks = job.array_tasks == 0 ? 1 : static_cast<int>(job.array_tasks);
  return judge_pressure(
      QueuedJob{{{&job, read_need(job)}}, tasks}, find_rule(job, policy), crowd, kNow);
}

}  // namespace

static void a_job_bursts_when_only_machines_are_missing_for_long_enough(void**) {
  const std::vector<Case> cases = {
      {"waits for resources", [](Job&) {}, Lets::kBurst, "after 10 min"},
      {"waits behind others",
       [](Job& j) { j.state_reason = "Priority"; },
       Lets::kBurst,
       "after 10 min"},
      {"no reason yet", [](Job& j) { j.state_reason = "None"; }, Lets::kBurst, "after 10 min"},
      {"nodes not available",
       [](Job& j) { j.state_reason = "ReqNodeNotAvail, Reserved"; },
       Lets::kBurst,
       "after 10 min"},
      {"second partition has the rule",
       [](Job& j) {
         j.partitions = {"cpu", "gpu"};
       },
       Lets::kBurst,
       "after 10 min"},
      {"never was eligible", [](Job& j) { j.eligible_at.reset(); }, Lets::kBurst, "after 10 min"},
      {"eligible lately",
       [](Job& j) { j.eligible_at = kNow - minutes(9); },
       Lets::kWait,
       "after 10 min"},
      {"partition without a rule", [](Job& j) { j.partitions = {"cpu"}; }, Lets::kStay, "no rule"},
      {"partition that never bursts",
       [](Job& j) { j.partitions = {"quiet"}; },
       Lets::kStay,
       "never"},
      {"held", [](Job& j) { j.priority = 0; }, Lets::kWait, "something else"},
      {"held by the user",
       [](Job& j) { j.state_reason = "JobHeldUser"; },
       Lets::kWait,
       "JobHeldUser"},
      {"dependency", [](Job& j) { j.state_reason = "Dependency"; }, Lets::kWait, "Dependency"},
      {"begin time", [](Job& j) { j.state_reason = "BeginTime"; }, Lets::kWait, "BeginTime"},
      {"association limit",
       [](Job& j) { j.state_reason = "AssocGrpGRES"; },
       Lets::kWait,
       "AssocGrpGRES"},
      {"QOS limit",
       [](Job& j) { j.state_reason = "QOSMaxJobsPerUserLimit"; },
       Lets::kWait,
       "QOSMax"},
      {"licenses", [](Job& j) { j.state_reason = "Licenses"; }, Lets::kWait, "Licenses"},
      {"reservation", [](Job& j) { j.state_reason = "Reservation"; }, Lets::kWait, "Reservation"},
      {"partition down",
       [](Job& j) { j.state_reason = "PartitionDown"; },
       Lets::kWait,
       "PartitionDown"},
  };
  const auto policy = make_policy();
  for (const auto& c : cases) {
    auto job = make_job();
    c.change(job);
    const auto pressure = judge(job, policy);
    if (pressure.lets != c.lets || pressure.why.find(c.because) == std::string::npos) {
      fail_msg("%s: %d: \"%s\"", c.what, static_cast<int>(pressure.lets), pressure.why.c_str());
    }
  }
}

static void a_job_that_is_too_young_says_when_its_time_comes(void**) {
  auto job = make_job();
  job.eligible_at = kNow - minutes(4);
  const auto pressure = judge(job, make_policy());
  assert_true(pressure.not_before.has_value());
  assert_true(*pressure.not_before == kNow + minutes(6));
}

static void the_narrowest_rule_speaks_alone(void**) {
  auto policy = make_policy();
  auto& gpu = policy.partitions["gpu"];
  gpu.accounts["physics"].after = minutes(30);
  gpu.qos["urgent"].burst = Burst::kAtOnce;
  auto job = make_job();
  job.account = "physics";
  assert_true(judge(job, policy).lets == Lets::kWait);
  job.qos = "urgent";
  job.eligible_at = kNow;
  assert_true(judge(job, policy).lets == Lets::kBurst);
  assert_string_equal(judge(job, policy).why.c_str(), "gpu: bursts at once");
}

static void pending_gpus_count_from_the_head_of_the_queue(void**) {
  auto policy = make_policy();
  policy.partitions["gpu"].rule = BurstRule{std::nullopt, std::nullopt, 64};
  auto job = make_job();
  job.tres_per_node = "gres:gpu:8";
  assert_true(judge(job, policy, Crowd{56, true}).lets == Lets::kWait);
  assert_true(judge(job, policy, Crowd{57, true}).lets == Lets::kBurst);
  job.array_tasks = 10;  // 80 GPUs: two tasks are too many for the local queue, then all but three
  assert_int_equal(judge(job, policy, Crowd{0, true}).tasks, 2);
  assert_int_equal(judge(job, policy, Crowd{40, true}).tasks, 7);
  assert_int_equal(judge(job, policy, Crowd{400, true}).tasks, 10);
}

static void a_job_that_no_local_node_could_run_does_not_wait(void**) {
  auto job = make_job();
  job.eligible_at = kNow;
  assert_true(judge(job, make_policy(), Crowd{0, false}).lets == Lets::kBurst);
  job.partitions = {"quiet"};
  assert_true(judge(job, make_policy(), Crowd{0, false}).lets == Lets::kStay);
}

static void slurms_estimate_is_compared_with_the_machines(void**) {
  auto job = make_job();
  assert_false(starts_sooner_without(job, minutes(12), kNow));  // no estimate
  job.expected_start = kNow + minutes(5);
  assert_true(starts_sooner_without(job, minutes(12), kNow));
  assert_false(starts_sooner_without(job, seconds(0), kNow));  // a machine idles
  job.expected_start = kNow + minutes(60);
  assert_false(starts_sooner_without(job, minutes(12), kNow));
  job.expected_start = kNow - minutes(1);
  assert_false(starts_sooner_without(job, minutes(12), kNow));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_job_bursts_when_only_machines_are_missing_for_long_enough),
      cmocka_unit_test(a_job_that_is_too_young_says_when_its_time_comes),
      cmocka_unit_test(the_narrowest_rule_speaks_alone),
      cmocka_unit_test(pending_gpus_count_from_the_head_of_the_queue),
      cmocka_unit_test(a_job_that_no_local_node_could_run_does_not_wait),
      cmocka_unit_test(slurms_estimate_is_compared_with_the_machines)};
  return cmocka_run_group_tests_name("core.pressure", tests, nullptr, nullptr);
}
