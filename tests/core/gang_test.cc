// SPDX-License-Identifier: GPL-2.0-or-later
//
// One offer for the whole gang, or nothing: what comes of orders that are taken in part, refused in
// part, and of machines that do not come up.
#include "core/gang.h"

#include <chrono>
#include <string>
#include <vector>

#include "core/decide.h"
#include "tests/support/gang_world.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr const char* kGang = "h100-[001-004]";

// Job 7 bursts onto four nodes; one call orders so many machines. Lambda's us-east-1 is the
// cheapest, then comes beta.
struct FourNodes : GangWorld {
  explicit FourNodes(int machines_per_order) {
    lambda().capabilities.machines_per_order = machines_per_order;
    lambda().offers.resize(1);
    add_cloud("beta", 2500);
    plan = burst(7, kGang);
  }
  [[nodiscard]] const CallOrder& order() const { return plan.orders.at(0); }
  Plan plan;
};

void expect_all_at_beta(FourNodes& world, const Plan& plan) {
  assert_int_equal(plan.orders.size(), 1);
  const auto& lease = world.books.leases.at(plan.orders[0].lease);
  assert_string_equal(lease.offer.provider.c_str(), "beta");
  int machines_at_beta = 0;
  for (const auto& [id, machine] : world.books.machines) {
    const bool at_beta = machine.lease == lease.id;
    machines_at_beta += at_beta ? 1 : 0;
    const bool is_given_up = machine.state == MachineState::kReleasing ||
                             facts_of(machine.state).is_final || machine.unwanted;
    if (!at_beta && !is_given_up) fail_msg("%s is not given up", machine.node.c_str());
  }
  assert_int_equal(machines_at_beta, 4);
}

}  // namespace

static void what_is_missing_of_an_order_is_asked_for_once_more_there(void**) {
  FourNodes world(4);
  world.take(world.order(), 1);  // a cloud may take no more in one call
  const auto plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), "h100-[002-004]");
  assert_true(plan.orders[0].offer == world.order().offer);
  assert_true(plan.releases.empty());
}

static void a_gang_that_gets_a_part_only_goes_elsewhere_as_a_whole(void**) {
  FourNodes world(4);
  world.take(world.order(), 3);
  world.refuse(world.turn().orders.at(0), ErrorCode::kNoCapacity, "none left");
  const auto plan = world.turn();
  assert_int_equal(plan.releases.at(0).ids.size(), 3);
  expect_all_at_beta(world, plan);
  assert_string_equal(world.nodes_of(plan.orders[0]).c_str(), "h100-004");  // others are not free
}

static void an_order_that_is_taken_and_gives_nothing_is_a_refusal(void**) {
  FourNodes world(4);
  world.take(world.order(), 0);
  const auto plan = world.turn();
  expect_all_at_beta(world, plan);
  assert_true(world.was_said("refused"));
  assert_int_equal(world.books.cooldowns.at(world.order().offer).refusals, 1);
}

static void a_refusal_of_one_call_of_several_moves_the_whole_gang(void**) {
  for (const auto code : {ErrorCode::kNoCapacity, ErrorCode::kQuota, ErrorCode::kBalance}) {
    FourNodes world(1);
    world.take(world.order());
    world.take(world.turn().orders.at(0));
    world.refuse(world.turn().orders.at(0), code, "no more");
    const auto plan = world.turn();
    assert_int_equal(plan.releases.at(0).ids.size(), 2);
    expect_all_at_beta(world, plan);
  }
}

static void a_call_without_an_answer_is_not_doubled_when_its_gang_moves(void**) {
  FourNodes world(2);
  const auto lost = world.order();
  world.refuse(lost, ErrorCode::kUnknownOutcome, "time-out");
  world.refuse(world.turn().orders.at(0), ErrorCode::kNoCapacity, "none left");
  auto plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), "h100-003");
  world.take(plan.orders[0]);
  plan = world.turn();
  world.take(plan.orders.at(0));
  // Nodes 1 and 2 wait: the list shows one machine of the lost call, and not the other.
  world.now += seconds(60);
  world.show({world.cloud_machine("41", lost, CloudState::kRunning)});
  const auto released = world.turn();
  assert_true(released.releases.at(0).ids == std::vector<std::string>{"41"});
  assert_true(released.orders.empty());  // one list may be wrong
  world.now += seconds(15);
  world.show({world.cloud_machine("41", lost, CloudState::kRunning)});
  plan = world.turn();
  assert_string_equal(world.nodes_of(plan.orders.at(0)).c_str(), "h100-002");
  world.take(plan.orders[0]);
  world.end_released(released);
  assert_string_equal(world.nodes_of(world.last.orders.at(0)).c_str(), "h100-001");
}

static void a_cloud_that_does_not_take_the_call_is_left_in_the_end(void**) {
  FourNodes world(4);
  auto plan = world.plan;
  int calls = 0;
  while (plan.orders.at(0).provider == "lambda") {
    if (++calls > 10) fail_msg("still asked");
    world.refuse(plan.orders[0], ErrorCode::kTransient, "HTTP 503");
    plan = world.turn(seconds(6));
  }
  assert_int_equal(calls, 4);
}

static void a_node_that_slurm_took_back_is_not_wanted_elsewhere(void**) {
  FourNodes world(1);
  world.request(RequestKind::kSuspend, "h100-004");
  world.turn();
  world.refuse(world.order(), ErrorCode::kNoCapacity, "none left");
  world.turn();
  const auto& next = world.books.leases.rbegin()->second;
  assert_string_equal(next.offer.provider.c_str(), "beta");
  for (const auto& machine : Draft(world.books, world.now).machines_of(next.id)) {
    assert_string_not_equal(machine.node.c_str(), "h100-004");
  }
}

// A gang of four of which one machine, and then the one in its place, has been found to be no good
// `failures` times.
static Plan fail_second_machine(FourNodes& world, int failures) {
  world.take(world.order());
  world.show_all();
  world.turn();
  for (const auto* name : {"h100-001", "h100-002"})
    world.join(name);
  for (int i = 0; i < failures; ++i) {
    if (i > 0) {
      world.take(world.last.orders.at(0));
      world.show_all();
      world.turn();
      world.join("h100-002");
    }
    world.fail_on("h100-002");
    world.last = world.turn();
    const auto plan = world.last;
    if (i + 1 == failures) return plan;
    world.end_released(plan);
  }
  return {};
}

static void a_machine_that_is_no_good_is_replaced_at_the_same_offer(void**) {
  FourNodes world(4);
  const auto plan = fail_second_machine(world, 1);
  assert_int_equal(plan.releases.at(0).ids.size(), 1);
  assert_true(plan.orders.empty());  // its node is not free yet
  assert_true(plan.send_backs.empty());
  world.end_released(plan);
  assert_string_equal(world.nodes_of(world.last.orders.at(0)).c_str(), "h100-002");
  assert_string_equal(world.last.orders[0].provider.c_str(), "lambda");
  assert_int_equal(world.books.leases.size(), 1);
  assert_int_equal(world.books.cooldowns.begin()->second.failures, 1);
  // The others have waited for it.
  world.take(world.last.orders[0]);
  world.show_all();
  world.turn();
  world.join("h100-002");
  for (const auto* name : {"h100-003", "h100-004"})
    world.join(name);
  for (const auto* name : {"h100-001", "h100-002", "h100-003"})
    assert_false(world.ready(name));
  assert_true(world.ready("h100-004"));
}

static void a_gang_on_a_fabric_is_replaced_as_a_whole(void**) {
  FourNodes world(4);
  world.books.leases.at(world.order().lease).offer.fabric = "infiniband";
  const auto plan = fail_second_machine(world, 1);
  assert_int_equal(plan.releases.at(0).ids.size(), 4);
}

static void a_second_bad_machine_moves_the_whole_gang(void**) {
  FourNodes world(4);
  const auto plan = fail_second_machine(world, 2);
  assert_int_equal(plan.releases.at(0).ids.size(), 4);
  assert_true(plan.orders.empty());  // no node is free yet
  world.end_released(plan);
  assert_string_equal(world.nodes_of(world.last.orders.at(0)).c_str(), "h100-001");
  assert_string_equal(world.last.orders[0].provider.c_str(), "beta");
}

static void the_list_that_shows_a_bad_machine_does_not_revive_its_gang(void**) {
  FourNodes world(4);
  const auto call = world.order();
  const auto ids = world.take(call);
  std::vector<CloudMachine> list;
  for (const auto& id : ids)
    list.push_back(world.cloud_machine(id, call, CloudState::kRunning));
  list[0].state = CloudState::kUnhealthy;
  world.show(list);
  const auto plan = world.turn();
  assert_int_equal(plan.releases.at(0).ids.size(), 4);
  assert_int_equal(world.count(MachineState::kReleasing), 4);
}

static void a_machine_that_its_cloud_ends_at_boot_moves_its_gang(void**) {
  for (const bool is_shown : {true, false}) {
    FourNodes world(4);
    const auto call = world.order();
    const auto ids = world.take(call);
    world.show_all();
    world.turn();
    for (int list = 0; list < 2; ++list) {
      std::vector<CloudMachine> shown;
      for (std::size_t i = is_shown ? 0 : 1; i < ids.size(); ++i)
        shown.push_back(world.cloud_machine(ids[i], call, CloudState::kRunning));
      if (is_shown) shown[0].state = CloudState::kEnding;
      world.show(shown);
      world.last = world.turn();
    }
    assert_int_equal(world.count(MachineState::kReleasing), 4);
    assert_true(world.last.send_backs.empty());  // Slurm does not notice
    assert_int_equal(world.count(MachineState::kWanted), 4);
  }
}

static void slurmd_waits_until_the_whole_gang_is_ready(void**) {
  FourNodes world(4);
  world.take(world.order());
  world.show_all();
  world.turn();
  for (const auto& name : names_of(kGang))
    world.join(name);
  for (const auto* name : {"h100-001", "h100-002", "h100-003"})
    assert_false(world.ready(name));
  assert_false(world.ready("h100-001"));
  assert_true(world.ready("h100-004"));
  for (const auto& name : names_of(kGang))
    assert_true(world.ready(name));
}

static void a_machine_that_was_given_up_is_not_waited_for(void**) {
  FourNodes world(4);
  world.take(world.order());
  world.show_all();
  world.turn();
  for (const auto* name : {"h100-001", "h100-002", "h100-003"}) {
    world.join(name);
    (void)world.ready(name);
  }
  world.request(RequestKind::kSuspend, "h100-004");
  world.turn();
  assert_true(world.ready("h100-001"));
}

static void a_machine_that_fails_in_a_whole_gang_sends_its_node_back_alone(void**) {
  FourNodes world(4);
  world.take(world.order());
  world.show_all();
  world.turn();
  for (const auto& name : names_of(kGang)) {
    world.join(name);
    (void)world.ready(name);
  }
  world.fail_on("h100-003");
  const auto plan = world.turn();
  assert_int_equal(plan.releases.at(0).ids.size(), 1);
  assert_int_equal(plan.send_backs.size(), 1);
  assert_string_equal(plan.send_backs[0].nodes.at(0).c_str(), "h100-003");
  // That it had been ready is no success of its offer: slurmd never came.
  assert_int_equal(world.books.cooldowns.begin()->second.failures, 1);
  assert_int_equal(world.count(MachineState::kReady), 3);
}

// Slurm asked once more for a node of a job whose other machine stood still, and it was ordered at
// the offer of that one, though others had taken all that the limit allows.
static void nodes_that_a_lease_gets_later_keep_to_the_caps(void**) {
  GangWorld world;
  world.lambda().capabilities.machines_per_order = 4;
  const auto first = world.burst(7, "h100-[001-002]");
  world.take(first.orders.at(0));
  world.show_all();
  world.turn();
  for (const auto* name : {"h100-001", "h100-002"}) {
    world.join(name);
    world.power_up(name);
    (void)world.ready(name);
  }
  world.request(RequestKind::kSuspend, "h100-001");
  world.end_released(world.turn());
  world.config.policy.limits.machines = 1;
  world.request_part(7, "h100-001", "h100-[001-002]");
  for (int turn = 0; turn < 5; ++turn)
    assert_true(world.turn(seconds(1)).orders.empty());
}

static void nothing_is_ordered_while_the_vpn_is_down(void**) {
  GangWorld world;
  world.lambda().capabilities.machines_per_order = 4;
  world.vpn_is_up = false;
  assert_true(world.burst(7, kGang).orders.empty());
  assert_true(world.turn(seconds(30)).orders.empty());
  world.vpn_is_up = true;
  assert_int_equal(world.turn().orders.size(), 1);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_is_missing_of_an_order_is_asked_for_once_more_there),
      cmocka_unit_test(a_gang_that_gets_a_part_only_goes_elsewhere_as_a_whole),
      cmocka_unit_test(an_order_that_is_taken_and_gives_nothing_is_a_refusal),
      cmocka_unit_test(a_refusal_of_one_call_of_several_moves_the_whole_gang),
      cmocka_unit_test(a_call_without_an_answer_is_not_doubled_when_its_gang_moves),
      cmocka_unit_test(a_cloud_that_does_not_take_the_call_is_left_in_the_end),
      cmocka_unit_test(a_node_that_slurm_took_back_is_not_wanted_elsewhere),
      cmocka_unit_test(nodes_that_a_lease_gets_later_keep_to_the_caps),
      cmocka_unit_test(nothing_is_ordered_while_the_vpn_is_down),
      cmocka_unit_test(a_machine_that_is_no_good_is_replaced_at_the_same_offer),
      cmocka_unit_test(a_gang_on_a_fabric_is_replaced_as_a_whole),
      cmocka_unit_test(a_second_bad_machine_moves_the_whole_gang),
      cmocka_unit_test(the_list_that_shows_a_bad_machine_does_not_revive_its_gang),
      cmocka_unit_test(a_machine_that_its_cloud_ends_at_boot_moves_its_gang),
      cmocka_unit_test(slurmd_waits_until_the_whole_gang_is_ready),
      cmocka_unit_test(a_machine_that_was_given_up_is_not_waited_for),
      cmocka_unit_test(a_machine_that_fails_in_a_whole_gang_sends_its_node_back_alone)};
  return cmocka_run_group_tests_name("core.gang", tests, nullptr, nullptr);
}
