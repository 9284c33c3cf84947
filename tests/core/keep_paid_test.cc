// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/decide.h"
#include "tests/support/cmocka.h"
#include "tests/support/small_world.h"

using namespace spillway;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// A machine paid by the hour idles since five minutes on h100-001, twenty minutes into its hour; a
// job that fits waits since a minute, and would burst after ten.
struct Paid : SmallWorld {
  Paid() {
    config.policy.keep_paid = true;
    lease().offer = offer(0).id;
    lease().id = 1;
    lease().pool = "h100";
    lease().price_per_hour = Money::from_cents(2392);
    lease().billing = BillingTerms{hours(1), seconds(0)};
    books.next_lease = 2;
    auto& machine = books.machines[1];
    machine.id = machine.lease = 1;
    machine.node = "h100-001";
    machine.state = MachineState::kReady;
    machine.provider_id = "1";
    machine.address = node("h100-001").address = "198.51.100.1";
    machine.billed_from = now - minutes(20);
    books.next_machine = 2;
    auto& idle = node("h100-001");
    idle.powered_down = false;
    idle.last_busy = now - minutes(6);
    add_pending_job(7, 1, minutes(1));
  }
  Lease& lease() { return books.leases[1]; }
};

struct Case {
  const char* what;
  std::function<void(Paid&)> change;
  bool kept;
};

}  // namespace

static void a_paid_idle_machine_stays_for_a_job_that_waits_and_fits(void**) {
  const std::vector<Case> cases = {
      {"as it is", [](Paid&) {}, true},
      {"the policy does not say so", [](Paid& w) { w.config.policy.keep_paid = false; }, false},
      {"nobody waits", [](Paid& w) { w.slurm.jobs.clear(); }, false},
      {"the one that waits is held", [](Paid& w) { w.slurm.jobs.at(7).priority = 0; }, false},
      {"it may never burst",
       [](Paid& w) { w.config.policy.partitions["gpu"].rule.burst = Burst::kNever; },
       false},
      {"it needs another GPU",
       [](Paid& w) { w.slurm.jobs.at(7).tres_per_node = "gres:gpu:a100:1"; },
       false},
      {"it may burst now, and takes the node", [](Paid& w) { w.turn(minutes(10)); }, false},
      {"idle since a moment",
       [](Paid& w) { w.node("h100-001").last_busy = w.now - minutes(1); },
       false},
      {"the hour ends too soon",
       [](Paid& w) { w.books.machines.at(1).billed_from = w.now - minutes(49); },
       false},
      {"the second hour has begun",
       [](Paid& w) { w.books.machines.at(1).billed_from = w.now - minutes(65); },
       true},
      {"paid by the minute", [](Paid& w) { w.lease().billing.quantum = seconds(60); }, false},
      {"paid by the minute, a day at least",
       [](Paid& w) {
         w.lease().billing = BillingTerms{seconds(60), hours(24)};
       },
       true},
      {"a job runs there", [](Paid& w) { w.node("h100-001").base = NodeBase::kMixed; }, false},
      {"an admin drains it", [](Paid& w) { w.node("h100-001").draining = true; }, false},
      {"it powers down already", [](Paid& w) { w.node("h100-001").powering_down = true; }, false},
      {"its billing has not begun",
       [](Paid& w) { w.books.machines.at(1).billed_from.reset(); },
       false},
      {"Slurm is not known", [](Paid& w) { w.slurm_known = false; }, false},
  };
  for (const auto& c : cases) {
    Paid world;
    c.change(world);
    const auto plan = world.turn();
    const bool kept = plan.keeps == std::vector<std::string>{"h100-001"};
    if (kept != c.kept) fail_msg("%s: %s", c.what, kept ? "kept" : "not kept");
    if (!kept && !plan.keeps.empty()) fail_msg("%s: kept something else", c.what);
  }
}

static void comments_are_written_a_few_at_a_time_and_those_that_matter_first(void**) {
  SmallWorld world;
  for (std::uint32_t id = 1; id <= 40; ++id)
    world.add_pending_job(id, 1, minutes(1));
  world.add_pending_job(99, 1, minutes(11));
  world.turn();
  const auto plan = world.turn();
  assert_int_equal(plan.comments.size(), 20);
  assert_int_equal(plan.comments.front().job, 99);
  assert_true(plan.comments.front().comment.starts_with("[spillway] may use 1 rented node"));
  // What was written is not written again.
  for (const auto& change : plan.comments)
    world.slurm.jobs.at(change.job).admin_comment = change.comment;
  const auto next = world.turn();
  assert_int_equal(next.comments.size(), 20);
  assert_true(std::none_of(next.comments.begin(), next.comments.end(), [&](const auto& change) {
    return !world.slurm.jobs.at(change.job).admin_comment.empty();
  }));
}

static void a_job_that_starts_on_local_nodes_loses_our_words_and_keeps_others(void**) {
  SmallWorld world;
  auto& job = world.add_pending_job(7, 1, minutes(1));
  job.admin_comment = "ticket 12 [spillway] waits for local nodes; gpu: burst after 10 min";
  job.state = JobState::kRunning;
  job.nodes = "local-1";
  world.turn();
  const auto plan = world.turn();
  assert_int_equal(plan.comments.size(), 1);
  assert_string_equal(plan.comments[0].comment.c_str(), "ticket 12");
}

static void a_job_that_starts_on_rented_nodes_says_what_they_cost(void**) {
  Paid world;
  auto& job = world.slurm.jobs.at(7);
  job.admin_comment = "[spillway] may use 1 rented node";
  job.state = JobState::kRunning;
  job.nodes = "h100-001";
  world.node("h100-001").base = NodeBase::kAllocated;
  world.turn();
  const auto plan = world.turn();
  assert_int_equal(plan.comments.size(), 1);
  assert_string_equal(
      plan.comments[0].comment.c_str(),
      "[spillway] uses 1 rented node at lambda us-east-1 gpu_8x_h100_sxm5, 23.92 $/h");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_paid_idle_machine_stays_for_a_job_that_waits_and_fits),
      cmocka_unit_test(comments_are_written_a_few_at_a_time_and_those_that_matter_first),
      cmocka_unit_test(a_job_that_starts_on_local_nodes_loses_our_words_and_keeps_others),
      cmocka_unit_test(a_job_that_starts_on_rented_nodes_says_what_they_cost)};
  return cmocka_run_group_tests_name("core.keep_paid", tests, nullptr, nullptr);
}
