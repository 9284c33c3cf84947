// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a gang leaves behind when it goes elsewhere: handed to a gang that waits, or released.
#include <chrono>
#include <string>
#include <vector>

#include "core/decide.h"
#include "core/gang.h"
#include "tests/support/gang_world.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// Job 7 wants nodes 1 to 4 and gets machine after machine; job 8 waits behind it for as many nodes
// as it says, at the same offer. Then comes beta.
struct TwoGangs : GangWorld {
  explicit TwoGangs(const std::string& waiting_nodes) : GangWorld(8) {
    lambda().offers.resize(1);
    add_cloud("beta", 2500);
    permit(7, 4);
    permit(8, static_cast<int>(names_of(waiting_nodes).size()));
    start(7, "h100-[001-004]");
    plan = turn();
    start(8, waiting_nodes);
    turn();
  }
  // Of job 7's four machines so many are taken, then one is refused.
  void refuse_after(int taken) {
    calls.push_back(plan.orders.at(0));
    for (int machine = 0; machine < taken; ++machine) {
      take(calls.back());
      calls.push_back(turn().orders.at(0));
    }
    refuse(calls.back(), ErrorCode::kNoCapacity, "none left");
  }
  Plan plan;
  std::vector<CallOrder> calls;
};

}  // namespace

static void machines_that_boot_go_to_a_gang_that_waits(void**) {
  TwoGangs world("h100-[005-006]");
  world.refuse_after(2);
  assert_true(world.was_said("handed-over"));
  const auto plan = world.turn();
  assert_true(plan.releases.empty());
  const auto& lease = world.open_lease_of(8);
  assert_int_equal(lease.id, world.calls[0].lease);  // marks and tokens name it
  for (const auto* name : {"h100-005", "h100-006"}) {
    assert_int_equal(world.machine_on(name)->lease, lease.id);
    assert_true(world.state_on(name) == MachineState::kBooting);
  }
  // The nodes of job 7 are free at once, and all of them are ordered elsewhere.
  assert_string_equal(plan.orders.at(0).provider.c_str(), "beta");
  const auto left = Draft(world.books, world.now).machines_of(world.open_lease_of(7).id);
  assert_int_equal(left.size(), 4);
  for (const auto& machine : left)
    assert_true(is_node_free_for(Draft(world.books, world.now), machine));
}

static void machines_that_were_handed_over_join_under_their_new_names(void**) {
  TwoGangs world("h100-[005-006]");
  world.refuse_after(2);
  world.show_all();
  world.turn();
  for (const auto* name : {"h100-005", "h100-006"})
    world.join(name);
  assert_false(world.ready("h100-005"));
  assert_true(world.ready("h100-006"));
}

static void machines_that_were_handed_over_are_found_by_their_mark(void**) {
  TwoGangs world("h100-[005-006]");
  world.refuse_after(2);
  world.turn();
  for (int list = 0; list < 3; ++list) {  // with ids that the cloud gives when they run
    world.now += minutes(6);
    world.show({world.cloud_machine("61", world.calls[0], CloudState::kRunning),
                world.cloud_machine("62", world.calls[1], CloudState::kRunning)});
    world.turn();
  }
  assert_false(world.was_said("orphan"));
  assert_string_equal(world.machine_on("h100-005")->provider_id.c_str(), "61");
  assert_string_equal(world.machine_on("h100-006")->provider_id.c_str(), "62");
}

static void machines_beyond_what_the_other_gang_needs_are_released(void**) {
  TwoGangs world("h100-[005-006]");
  world.refuse_after(3);
  const auto plan = world.turn();
  assert_int_equal(plan.releases.at(0).ids.size(), 1);
  assert_true(world.state_on("h100-005") == MachineState::kBooting);
  assert_true(world.state_on("h100-006") == MachineState::kBooting);
}

static void too_few_machines_for_the_other_gang_are_released(void**) {
  TwoGangs world("h100-[005-007]");
  world.refuse_after(2);
  assert_false(world.was_said("handed-over"));
  assert_int_equal(world.turn().releases.at(0).ids.size(), 2);
  assert_string_equal(world.open_lease_of(8).offer.provider.c_str(), "beta");
}

static void a_gang_that_waits_for_another_offer_gets_nothing(void**) {
  TwoGangs world("h100-005");
  for (auto& [id, lease] : world.books.leases) {
    if (lease.job == 8) lease.offer = world.providers.at("beta").offers[0].id;
  }
  world.refuse_after(2);
  assert_false(world.was_said("handed-over"));
}

static void a_gang_of_another_pool_gets_nothing(void**) {
  TwoGangs world("h100-005");
  for (auto& [id, lease] : world.books.leases) {
    if (lease.job == 8) lease.pool = "h100ib";
  }
  world.refuse_after(2);
  assert_false(world.was_said("handed-over"));
}

static void a_gang_that_has_ordered_gets_nothing(void**) {
  TwoGangs world("h100-005");
  for (auto& [id, lease] : world.books.leases) {
    if (lease.job == 8) lease.calls = 1;
  }
  world.refuse_after(2);
  assert_false(world.was_said("handed-over"));
}

static void an_order_without_an_answer_is_not_handed_over(void**) {
  TwoGangs world("h100-005");
  world.refuse(world.plan.orders.at(0), ErrorCode::kUnknownOutcome, "time-out");
  world.refuse(world.turn().orders.at(0), ErrorCode::kNoCapacity, "none left");
  assert_false(world.was_said("handed-over"));
  assert_true(world.state_on("h100-005") == MachineState::kWanted);
}

static void a_machine_that_has_joined_keeps_its_name_and_is_released(void**) {
  TwoGangs world("h100-005");
  world.take(world.plan.orders.at(0));
  const auto second = world.turn().orders.at(0);
  world.show_all();
  world.turn();
  world.join("h100-001");
  world.refuse(second, ErrorCode::kNoCapacity, "none left");
  assert_false(world.was_said("handed-over"));
  assert_int_equal(world.turn().releases.at(0).ids.size(), 1);
}

static void a_machine_that_boots_longer_than_usual_is_no_gift(void**) {
  TwoGangs world("h100-005");
  world.take(world.plan.orders.at(0));
  const auto second = world.turn().orders.at(0);
  world.now += minutes(11);
  world.refuse(second, ErrorCode::kNoCapacity, "none left");
  assert_false(world.was_said("handed-over"));
  assert_int_equal(world.turn().releases.at(0).ids.size(), 1);
}

static void the_oldest_gang_that_fits_is_served(void**) {
  TwoGangs world("h100-[005-006]");
  world.permit(9, 1);
  world.start(9, "h100-007");
  world.turn();
  world.refuse_after(2);
  assert_int_equal(world.open_lease_of(8).id, world.calls[0].lease);
  assert_true(world.state_on("h100-007") == MachineState::kWanted);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(machines_that_boot_go_to_a_gang_that_waits),
      cmocka_unit_test(machines_that_were_handed_over_join_under_their_new_names),
      cmocka_unit_test(machines_that_were_handed_over_are_found_by_their_mark),
      cmocka_unit_test(machines_beyond_what_the_other_gang_needs_are_released),
      cmocka_unit_test(too_few_machines_for_the_other_gang_are_released),
      cmocka_unit_test(a_gang_that_waits_for_another_offer_gets_nothing),
      cmocka_unit_test(a_gang_of_another_pool_gets_nothing),
      cmocka_unit_test(a_gang_that_has_ordered_gets_nothing),
      cmocka_unit_test(an_order_without_an_answer_is_not_handed_over),
      cmocka_unit_test(a_machine_that_has_joined_keeps_its_name_and_is_released),
      cmocka_unit_test(a_machine_that_boots_longer_than_usual_is_no_gift),
      cmocka_unit_test(the_oldest_gang_that_fits_is_served)};
  return cmocka_run_group_tests_name("core.handover", tests, nullptr, nullptr);
}
