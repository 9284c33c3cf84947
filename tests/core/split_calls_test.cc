// SPDX-License-Identifier: GPL-2.0-or-later
//
// One job's nodes in several calls of ResumeProgram, as ResumeRate splits them. What Slurm shows of
// nodes that are put off is that of power_save.c, 22.05 to 26.05.
#include <chrono>
#include <string>

#include "core/allocation.h"
#include "core/decide.h"
#include "tests/support/gang_world.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr const char* kAll = "h100-[001-008]";
constexpr const char* kFirst = "h100-[001-003]";

// Job 7 has all eight nodes; Slurm powers up three and puts the others off.
struct SplitWorld : GangWorld {
  SplitWorld() : GangWorld(8) {
    lambda().capabilities.machines_per_order = 8;
    permit(7, 8);
    start_job(7, kAll);
    for (const auto& name : names_of("h100-[004-008]"))
      put_off(name);
  }
  void put_off(const std::string& name) {
    node(name).powered_down = true;
    node(name).powering_up = false;
  }
  // Slurm takes the job back before it has powered up the rest: what was powered up goes on.
  void requeue() {
    auto& job = slurm.jobs.at(7);
    job.state = JobState::kPending;
    job.nodes.clear();
    for (const auto& name : names_of(kAll))
      node(name).base = NodeBase::kIdle;
  }
};

void expect_whole_order(const SplitWorld& world, const Plan& plan) {
  assert_int_equal(plan.orders.size(), 1);
  assert_string_equal(world.nodes_of(plan.orders[0]).c_str(), kAll);
}

}  // namespace

static void a_gang_is_ordered_whole_at_its_first_call(void**) {
  SplitWorld world;
  world.request_part(7, kFirst, kAll);
  expect_whole_order(world, world.turn());
  assert_int_equal(world.books.leases.size(), 1);
}

static void the_later_calls_find_their_machines(void**) {
  SplitWorld world;
  world.request_part(7, kFirst, kAll);
  world.take(world.turn().orders.at(0));
  for (const auto* part : {"h100-[004-006]", "h100-[007-008]", kAll}) {  // and slurmctld restarts
    world.request_part(7, part, kAll);
    assert_true(world.turn(seconds(20)).orders.empty());
  }
  assert_true(world.books.requests.empty());
  assert_int_equal(world.books.machines.size(), 8);
}

static void the_offer_has_stock_for_the_whole_gang(void**) {
  SplitWorld world;
  world.offer(0).stock = 3;  // enough for the first call
  world.request_part(7, kFirst, kAll);
  const auto plan = world.turn();
  expect_whole_order(world, plan);
  assert_string_equal(plan.orders[0].offer.region.c_str(), "us-south-2");
}

static void the_caps_hold_for_the_whole_gang(void**) {
  SplitWorld world;
  world.config.policy.limits.machines = 7;
  world.request_part(7, kFirst, kAll);
  const auto plan = world.turn();
  assert_true(plan.orders.empty());
  assert_int_equal(plan.send_backs.at(0).nodes.size(), 8);
  assert_true(plan.send_backs[0].reason.starts_with("spillway: limit of 7 machines"));
}

static void without_the_allocation_the_next_view_of_slurm_tells_the_whole(void**) {
  SplitWorld world;
  world.slurm_is_read = false;  // the last view is older than the request
  world.request_part(7, kFirst, "");
  assert_true(world.turn().orders.empty());
  assert_int_equal(world.books.requests.size(), 1);
  world.slurm_is_read = true;
  expect_whole_order(world, world.turn());
}

static void without_a_view_the_parts_are_waited_for_a_few_seconds_only(void**) {
  SplitWorld world;
  world.slurm_known = false;
  world.request_part(7, kFirst, "");
  assert_true(world.turn(seconds(4)).orders.empty());
  auto plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), kFirst);
  world.take(plan.orders[0]);
  world.request_part(7, "h100-[004-008]", "");
  plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), "h100-[004-008]");
  assert_int_equal(world.books.leases.size(), 1);  // the same offer, the same fabric
}

static void a_call_for_all_that_is_permitted_waits_for_nothing(void**) {
  SplitWorld world;
  world.slurm_is_read = false;
  world.request_part(7, kAll, "");
  expect_whole_order(world, world.turn());
}

static void a_node_outside_the_permission_is_not_ordered_ahead(void**) {
  GangWorld world(8);
  world.lambda().capabilities.machines_per_order = 8;
  world.permit(7, 4);
  world.start_job(7, "h100-[001-005],local-1");
  world.request_part(7, "h100-001", "h100-[001-005],local-1");
  const auto plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), "h100-[001-004]");
}

static void a_node_that_has_its_machine_is_not_ordered_ahead(void**) {
  SplitWorld world;
  Lease lease;
  lease.pool = "h100";
  lease.offer = world.offer(0).id;
  Draft draft(world.books, world.now);
  Machine warm;
  warm.lease = draft.add_lease(lease).id;
  warm.node = "h100-002";
  warm.state = MachineState::kReady;
  draft.add_machine(warm);
  world.power_up("h100-002");
  world.request_part(7, "h100-001,h100-003", kAll);
  const auto plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), "h100-[001,003-008]");
}

static void a_job_that_was_taken_back_before_the_request_was_read_gets_no_more(void**) {
  SplitWorld world;
  world.request_part(7, kFirst, kAll);
  world.requeue();
  const auto plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), kFirst);
}

static void a_job_that_is_taken_back_between_the_calls_leaves_no_machine_behind(void**) {
  SplitWorld world;
  world.lambda().capabilities.machines_per_order = 5;
  world.request_part(7, kFirst, kAll);
  world.take(world.turn().orders.at(0));
  world.requeue();
  assert_true(world.turn().orders.empty());  // nothing more for nodes that Slurm let go
  auto plan = world.turn(seconds(58));
  assert_true(plan.releases.empty());
  plan = world.turn(seconds(5));
  assert_int_equal(plan.releases.at(0).machines.size(), 2);  // of nodes 4 and 5
  assert_int_equal(world.count(MachineState::kBooting), 3);  // Slurm powers these up
  assert_int_equal(world.count(MachineState::kRefused), 3);  // of nodes 6 to 8
}

static void slurmd_waits_until_slurm_powers_its_node_up(void**) {
  SplitWorld world;
  world.request_part(7, kFirst, kAll);
  world.take(world.turn().orders.at(0));
  world.show_all();
  world.turn();
  for (const auto& name : names_of(kAll)) {
    world.join(name);
    (void)world.ready(name);
  }
  assert_true(world.ready("h100-001"));  // the gang is whole
  assert_false(world.ready("h100-008"));
  world.power_up("h100-008");
  assert_true(world.ready("h100-008"));
}

static void a_task_of_an_array_goes_by_its_arrays_permission(void**) {
  GangWorld world(8);
  world.lambda().capabilities.machines_per_order = 8;
  world.add_pending_job(7, 2, minutes(11)).array_tasks = 2;
  world.turn();
  auto& task = world.add_pending_job(8, 2, minutes(11));
  task.array_id = 7;
  world.start_job(8, "h100-[001-002]");
  world.request_part(8, "h100-001", "h100-[001-002]");
  const auto plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), "h100-[001-002]");
  assert_int_equal(world.books.leases.begin()->second.job, 8);
}

static void a_task_that_slurm_was_not_seen_to_start_is_waited_for(void**) {
  GangWorld world;
  world.add_pending_job(7, 1, minutes(11)).array_tasks = 2;
  world.turn();
  world.slurm_is_read = false;  // the view is from before the call
  world.request_part(8, "h100-001", "h100-001");
  const auto plan = world.turn();
  assert_true(plan.send_backs.empty());
  assert_false(world.was_said("forbidden"));
  world.slurm_is_read = true;
  world.add_pending_job(8, 1, minutes(11)).array_id = 7;
  world.start_job(8, "h100-001");
  assert_int_equal(world.turn().orders.size(), 1);
}

static void an_array_keeps_its_permission_while_the_machines_of_a_task_come(void**) {
  GangWorld world(8);
  world.lambda().capabilities.machines_per_order = 8;
  world.add_pending_job(7, 2, minutes(11)).array_tasks = 2;
  world.turn();
  world.add_pending_job(8, 2, minutes(11)).array_id = 7;
  world.start_job(8, "h100-[001-002]");
  world.request_part(8, "h100-[001-002]", "h100-[001-002]");
  world.turn();
  world.slurm.jobs.at(7).priority = 0;  // held: none of the others may burst
  world.turn();
  assert_true(world.books.permissions.contains(7));
}

static void nodes_powered_up_by_hand_are_gangs_of_one(void**) {
  GangWorld world;
  world.lambda().capabilities.machines_per_order = 8;
  for (const auto* name : {"h100-003", "h100-004"}) {
    world.node(name).powering_up = true;
    world.node(name).powered_down = false;
  }
  world.request(RequestKind::kResume, "h100-[003-004]");
  const auto plan = world.turn();
  assert_int_equal(world.books.leases.size(), 2);
  assert_int_equal(plan.orders.at(0).machines.size(), 1);
}

static void a_node_whose_last_machine_is_on_its_way_out_counts_and_is_ordered_later(void**) {
  SplitWorld world;
  Lease lease;
  lease.offer = world.offer(0).id;
  Draft draft(world.books, world.now);
  Machine old;
  old.lease = draft.add_lease(lease).id;
  old.node = "h100-002";
  old.state = MachineState::kReleasing;
  old.provider_id = "99";
  old.address = "198.51.100.99";
  old = draft.add_machine(old);
  world.offer(0).stock = 8;  // less the old one
  world.request_part(7, kFirst, kAll);
  auto plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), "h100-[001,003-008]");
  assert_string_equal(plan.orders[0].offer.region.c_str(), "us-east-1");
  assert_true(world.books.requests.empty());
  world.take(plan.orders[0]);
  world.end_released(plan);
  assert_string_equal(world.nodes_of(world.last.orders.at(0)).c_str(), "h100-002");
}

static void a_new_permission_does_not_add_to_an_old_lease(void**) {
  SplitWorld world;
  world.request_part(7, kAll, kAll);
  world.take(world.turn().orders.at(0));
  // The job runs, is requeued, waits again and gets other nodes besides.
  world.books.permissions.at(7).since = world.now + seconds(1);
  world.books.machines.erase(world.machine_on("h100-008")->id);
  world.request_part(7, "h100-008", kAll);
  const auto plan = world.turn(seconds(2));
  assert_int_equal(plan.orders.size(), 1);
  assert_int_equal(world.books.leases.size(), 2);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_gang_is_ordered_whole_at_its_first_call),
      cmocka_unit_test(the_later_calls_find_their_machines),
      cmocka_unit_test(the_offer_has_stock_for_the_whole_gang),
      cmocka_unit_test(the_caps_hold_for_the_whole_gang),
      cmocka_unit_test(without_the_allocation_the_next_view_of_slurm_tells_the_whole),
      cmocka_unit_test(without_a_view_the_parts_are_waited_for_a_few_seconds_only),
      cmocka_unit_test(a_call_for_all_that_is_permitted_waits_for_nothing),
      cmocka_unit_test(a_node_outside_the_permission_is_not_ordered_ahead),
      cmocka_unit_test(a_node_that_has_its_machine_is_not_ordered_ahead),
      cmocka_unit_test(a_job_that_was_taken_back_before_the_request_was_read_gets_no_more),
      cmocka_unit_test(a_job_that_is_taken_back_between_the_calls_leaves_no_machine_behind),
      cmocka_unit_test(slurmd_waits_until_slurm_powers_its_node_up),
      cmocka_unit_test(a_task_of_an_array_goes_by_its_arrays_permission),
      cmocka_unit_test(a_task_that_slurm_was_not_seen_to_start_is_waited_for),
      cmocka_unit_test(an_array_keeps_its_permission_while_the_machines_of_a_task_come),
      cmocka_unit_test(nodes_powered_up_by_hand_are_gangs_of_one),
      cmocka_unit_test(a_node_whose_last_machine_is_on_its_way_out_counts_and_is_ordered_later),
      cmocka_unit_test(a_new_permission_does_not_add_to_an_old_lease)};
  return cmocka_run_group_tests_name("core.split_calls", tests, nullptr, nullptr);
}
