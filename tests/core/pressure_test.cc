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
  bool may_burst;
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

}  // namespace

static void a_job_bursts_when_only_machines_are_missing_for_long_enough(void**) {
  const std::vector<Case> cases = {
      {"waits for resources", [](Job&) {}, true, "waiting 15 min"},
      {"waits behind others", [](Job& j) { j.state_reason = "Priority"; }, true, "15 min"},
      {"no reason yet", [](Job& j) { j.state_reason = "None"; }, true, "15 min"},
      {"nodes not available",
       [](Job& j) { j.state_reason = "ReqNodeNotAvail, Reserved"; },
       true,
       "15 min"},
      {"second partition has the rule",
       [](Job& j) {
         j.partitions = {"cpu", "gpu"};
       },
       true,
       "gpu"},
      {"expected long after",
       [](Job& j) { j.expected_start = kNow + minutes(60); },
       true,
       "15 min"},
      {"expected in the past",
       [](Job& j) { j.expected_start = kNow - minutes(1); },
       true,
       "15 min"},
      {"never was eligible", [](Job& j) { j.eligible_at.reset(); }, true, "20 min"},
      {"eligible lately", [](Job& j) { j.eligible_at = kNow - minutes(9); }, false, "9 min so far"},
      {"starts soon", [](Job& j) { j.expected_start = kNow + minutes(5); }, false, "local start"},
      {"partition without a rule", [](Job& j) { j.partitions = {"cpu"}; }, false, "no rule"},
      {"partition that never bursts", [](Job& j) { j.partitions = {"quiet"}; }, false, "never"},
      {"held", [](Job& j) { j.priority = 0; }, false, "something else"},
      {"held by the user", [](Job& j) { j.state_reason = "JobHeldUser"; }, false, "JobHeldUser"},
      {"dependency", [](Job& j) { j.state_reason = "Dependency"; }, false, "Dependency"},
      {"begin time", [](Job& j) { j.state_reason = "BeginTime"; }, false, "BeginTime"},
      {"association limit", [](Job& j) { j.state_reason = "AssocGrpGRES"; }, false, "AssocGrpGRES"},
      {"QOS limit", [](Job& j) { j.state_reason = "QOSMaxJobsPerUserLimit"; }, false, "QOSMax"},
      {"licenses", [](Job& j) { j.state_reason = "Licenses"; }, false, "Licenses"},
      {"reservation", [](Job& j) { j.state_reason = "Reservation"; }, false, "Reservation"},
      {"partition down", [](Job& j) { j.state_reason = "PartitionDown"; }, false, "PartitionDown"},
  };
  const auto policy = make_policy();
  for (const auto& c : cases) {
    auto job = make_job();
    c.change(job);
    const auto pressure = judge_pressure(job, policy, kNow, minutes(12));
    if (pressure.may_burst != c.may_burst || pressure.why.find(c.because) == std::string::npos) {
      fail_msg(
          "%s: %s: \"%s\"", c.what, pressure.may_burst ? "bursts" : "stays", pressure.why.c_str());
    }
  }
}

static void a_job_that_is_too_young_says_when_its_time_comes(void**) {
  auto job = make_job();
  job.eligible_at = kNow - minutes(4);
  const auto pressure = judge_pressure(job, make_policy(), kNow, minutes(12));
  assert_true(pressure.not_before.has_value());
  assert_true(*pressure.not_before == kNow + minutes(6));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_job_bursts_when_only_machines_are_missing_for_long_enough),
      cmocka_unit_test(a_job_that_is_too_young_says_when_its_time_comes)};
  return cmocka_run_group_tests_name("core.pressure", tests, nullptr, nullptr);
}
