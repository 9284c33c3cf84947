// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/decide.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "core/joining.h"
#include "tests/support/cmocka.h"
#include "tests/support/small_world.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// A world in which job 7 got its permission and Slurm asked for its node.
struct Bursting : SmallWorld {
  explicit Bursting(int nodes = 1) {
    add_pending_job(7, nodes, minutes(11));
    plan = turn();
    names = nodes == 1 ? "h100-001" : "h100-[001-00" + std::to_string(nodes) + "]";
    start_job(7, names);
    request(RequestKind::kResume, names, 7);
    plan = turn();
  }
  // The first order was accepted and its machine has joined.
  void join() {
    const auto call = plan.orders.at(0);
    accept(call, {"1"});
    show({cloud_machine("1", call, CloudState::kRunning)});
    turn();
    Draft draft(books, now);
    const Caller caller{call.lease, "198.51.100.1", {}};
    if (!note_joined(draft, caller)) fail_msg("cannot join");
    if (note_ready(draft, caller, &slurm)) fail_msg("ready before Slurm knows its address");
    first_call = call;
  }
  // It is ready as well.
  void bring_up() {
    join();
    node("h100-001").address = "198.51.100.1";
    Draft draft(books, now);
    if (!note_ready(draft, Caller{first_call.lease, "198.51.100.1", {}}, &slurm)) {
      fail_msg("cannot be ready");
    }
    auto& up = node("h100-001");
    up.powering_up = false;
  }
  Plan plan;
  CallOrder first_call;
  std::string names;
};

}  // namespace

static void a_job_that_waited_long_enough_may_use_its_own_nodes(void**) {
  SmallWorld world;
  world.add_pending_job(7, 2, minutes(11));
  world.add_pending_job(8, 1, minutes(11));
  const auto plan = world.turn();
  assert_int_equal(plan.decisions.jobs.size(), 2);
  assert_string_equal(plan.decisions.cloud.c_str(), "h100-[001-004]");
  assert_string_equal(plan.decisions.sets[0].nodes.c_str(), "h100-[001-002]");
  assert_string_equal(plan.decisions.sets[1].nodes.c_str(), "h100-003");
  assert_true(plan.orders.empty());  // a permission costs nothing
}

static void a_job_that_did_not_wait_long_enough_stays_local(void**) {
  SmallWorld world;
  world.add_pending_job(7, 1, minutes(9));
  assert_true(world.turn().decisions.jobs.empty());
  assert_int_equal(world.turn(minutes(2)).decisions.jobs.size(), 1);
}

static void a_job_that_starts_locally_soon_stays_local(void**) {
  SmallWorld world;
  world.add_pending_job(7, 1, minutes(11)).expected_start = world.now + minutes(3);
  assert_true(world.turn().decisions.jobs.empty());
  world.slurm.jobs.at(7).expected_start = world.now + minutes(60);
  assert_int_equal(world.turn().decisions.jobs.size(), 1);
}

static void the_higher_priority_takes_the_nodes_first(void**) {
  SmallWorld world;
  world.add_pending_job(7, 3, minutes(11));
  world.add_pending_job(8, 3, minutes(11)).priority = 2000;
  const auto plan = world.turn();
  assert_int_equal(plan.decisions.jobs.size(), 1);
  assert_int_equal(plan.decisions.jobs[0].id, 8);
}

static void an_array_gets_more_nodes_when_there_is_room_for_more_of_its_tasks(void**) {
  SmallWorld world;
  for (auto& offer : world.providers.at("lambda").offers)
    offer.stock = 0;
  world.offer(0).stock = 1;
  world.add_pending_job(7, 1, minutes(11)).array_tasks = 3;
  world.turn();
  assert_int_equal(world.books.permissions.at(7).nodes.size(), 1);
  const auto since = world.books.permissions.at(7).since;
  world.offer(0).stock = 8;
  world.turn();
  assert_int_equal(world.books.permissions.at(7).nodes.size(), 3);
  assert_true(world.books.permissions.at(7).since == since);
  world.turn();
  assert_int_equal(world.books.permissions.at(7).nodes.size(), 3);
  // A task has taken a node: two wait, and have two.
  world.slurm.jobs.at(7).array_tasks = 2;
  world.add_pending_job(8, 1, minutes(11)).array_id = 7;
  world.start_job(8, "h100-001");
  world.turn();
  assert_int_equal(world.books.permissions.at(7).nodes.size(), 3);
}

static void an_array_gets_a_node_for_each_task_and_no_more(void**) {
  SmallWorld world;
  world.add_pending_job(7, 1, minutes(11)).array_tasks = 3;
  const auto plan = world.turn();
  assert_string_equal(plan.decisions.sets.at(0).nodes.c_str(), "h100-[001-003]");
}

static void a_permission_stands_until_its_job_runs(void**) {
  SmallWorld world;
  world.add_pending_job(7, 1, minutes(11));
  assert_int_equal(world.turn().decisions.jobs.size(), 1);
  world.offer(0).price_per_hour = Money::from_cents(9999);  // no flapping for a price
  assert_int_equal(world.turn().decisions.jobs.size(), 1);
  world.slurm.jobs.at(7).state = JobState::kRunning;
  assert_true(world.turn().decisions.jobs.empty());
}

static void a_permission_falls_when_its_offers_vanish(void**) {
  SmallWorld world;
  world.add_pending_job(7, 1, minutes(11));
  world.turn();
  world.offer(0).stock = 0;
  world.offer(1).stock = 0;
  assert_true(world.turn().decisions.jobs.empty());
  assert_true(world.was_said("forbid"));
}

static void a_cap_holds_permissions_back(void**) {
  SmallWorld world;
  world.config.policy.limits.machines = 2;
  world.add_pending_job(7, 2, minutes(11));
  world.add_pending_job(8, 1, minutes(11));
  assert_int_equal(world.turn().decisions.jobs.size(), 1);
}

static void without_slurm_nothing_new_is_permitted_or_tended(void**) {
  SmallWorld world;
  world.add_pending_job(7, 1, minutes(11));
  world.slurm_known = false;
  const auto plan = world.turn();
  assert_true(plan.decisions.jobs.empty());
  assert_true(plan.resumes.empty());
}

static void a_resumed_node_is_ordered_at_the_cheapest_offer(void**) {
  Bursting world;
  assert_int_equal(world.plan.orders.size(), 1);
  assert_string_equal(world.plan.orders[0].offer.region.c_str(), "us-east-1");
  assert_true(world.only_machine().state == MachineState::kOrdered);
  assert_true(world.books.requests.empty());
}

static void a_repeated_call_orders_nothing_more(void**) {
  Bursting world;
  world.request(RequestKind::kResume, "h100-001", 7);
  const auto plan = world.turn();
  assert_true(plan.orders.empty());
  assert_int_equal(world.books.machines.size(), 1);
}

static void a_job_without_permission_is_sent_back(void**) {
  SmallWorld world;
  world.add_pending_job(9, 1, seconds(1));
  world.start_job(9, "h100-002");
  world.request(RequestKind::kResume, "h100-002", 9);
  const auto plan = world.turn();
  assert_true(plan.orders.empty());
  assert_int_equal(plan.send_backs.size(), 1);
  assert_true(plan.send_backs[0].reason.starts_with("spillway:"));
}

static void a_node_powered_up_by_hand_is_a_gang_of_one(void**) {
  SmallWorld world;
  world.node("h100-004").powering_up = true;
  world.node("h100-004").powered_down = false;
  world.request(RequestKind::kResume, "h100-004");
  assert_int_equal(world.turn().orders.size(), 1);
}

static void an_unknown_node_is_said_and_nothing_else(void**) {
  SmallWorld world;
  world.request(RequestKind::kResume, "other-001");
  assert_true(world.turn().orders.empty());
  assert_true(world.was_said("unknown-node"));
  assert_true(world.books.requests.empty());
}

static void one_call_at_a_time_until_the_gang_is_whole(void**) {
  Bursting world(2);
  const auto first = world.plan.orders.at(0);
  assert_int_equal(first.machines.size(), 1);
  assert_true(world.turn().orders.empty());  // the call is on its way
  world.accept(first, {"1"});
  const auto second = world.turn().orders.at(0);
  assert_int_equal(second.mark.lease, first.mark.lease);
  assert_int_equal(second.mark.call, 2);
  world.accept(second, {"2"});
  assert_true(world.turn().orders.empty());
}

static void a_refusal_leads_to_the_next_offer_for_the_same_node(void**) {
  Bursting world;
  world.refuse(world.plan.orders.at(0), ErrorCode::kNoCapacity, "none left");
  const auto plan = world.turn();
  assert_int_equal(plan.orders.size(), 1);
  assert_string_equal(plan.orders[0].offer.region.c_str(), "us-south-2");
  assert_string_equal(world.machine_on("h100-001")->node.c_str(), "h100-001");
  assert_true(plan.send_backs.empty());
}

static void when_no_offer_is_left_the_node_goes_back_and_the_job_is_told(void**) {
  Bursting world;
  world.refuse(world.plan.orders.at(0), ErrorCode::kNoCapacity, "none left");
  world.refuse(world.turn().orders.at(0), ErrorCode::kNoCapacity, "none here either");
  const auto plan = world.turn();
  assert_true(plan.orders.empty());
  assert_int_equal(plan.send_backs.size(), 1);
  assert_true(plan.send_backs[0].reason.find("none here either") != std::string::npos);
  assert_int_equal(plan.comments.size(), 1);
  assert_true(plan.decisions.jobs.empty());
  assert_true(world.turn().orders.empty());
}

static void an_account_without_credit_cools_all_its_offers(void**) {
  Bursting world;
  world.refuse(world.plan.orders.at(0), ErrorCode::kBalance, "no money");
  const auto plan = world.turn();
  assert_true(plan.orders.empty());
  assert_int_equal(plan.send_backs.size(), 1);
}

static void an_unanswered_order_is_settled_by_the_list_and_not_repeated(void**) {
  Bursting world;
  const auto call = world.plan.orders.at(0);
  world.refuse(call, ErrorCode::kUnknownOutcome, "time-out");
  world.show({});
  assert_true(world.turn().orders.empty());  // too early to conclude anything
  world.turn(seconds(5));
  world.show({world.cloud_machine("1", call, CloudState::kBuilding)});
  assert_true(world.turn(seconds(60)).orders.empty());
  assert_true(world.only_machine().state == MachineState::kBooting);
  assert_string_equal(world.only_machine().provider_id.c_str(), "1");
}

static void an_unanswered_order_that_made_nothing_is_ordered_under_a_new_mark(void**) {
  Bursting world;
  const auto call = world.plan.orders.at(0);
  world.refuse(call, ErrorCode::kProtocol, "HTML");
  world.turn(seconds(60));
  for (int list = 0; list < 2; ++list) {
    world.show({});
    world.turn(seconds(15));
  }
  const auto plan = world.turn(seconds(10));
  assert_int_equal(plan.orders.size(), 1);
  assert_int_equal(plan.orders[0].mark.call, 2);
}

static void an_order_given_up_without_an_answer_is_released_on_sight(void**) {
  Bursting world;
  const auto call = world.plan.orders.at(0);
  world.refuse(call, ErrorCode::kUnknownOutcome, "time-out");
  world.request(RequestKind::kSuspend, "h100-001");
  world.turn();
  assert_true(world.only_machine().unwanted);
  world.turn(seconds(60));
  world.show({world.cloud_machine("1", call, CloudState::kRunning)});
  const auto plan = world.turn();
  assert_int_equal(plan.releases.size(), 1);
}

static void a_joined_machine_gets_its_node_address_set_until_slurm_shows_it(void**) {
  Bursting world;
  world.join();
  auto plan = world.turn();
  assert_int_equal(plan.addresses.size(), 1);
  assert_string_equal(plan.addresses[0].address.c_str(), "198.51.100.1");
  world.node("h100-001").address = "198.51.100.1";
  assert_true(world.turn().addresses.empty());
  world.node("h100-001").address = "10.0.0.1";  // a registration through NAT
  assert_int_equal(world.turn().addresses.size(), 1);
}

static void an_idle_node_is_released_until_the_list_no_longer_shows_its_machine(void**) {
  Bursting world;
  world.bring_up();
  world.node("h100-001").base = NodeBase::kIdle;
  world.node("h100-001").powering_down = true;
  world.slurm.jobs.clear();
  world.request(RequestKind::kSuspend, "h100-001");
  auto plan = world.turn();
  assert_int_equal(plan.releases.size(), 1);
  world.accept_release(plan.releases[0]);
  world.show({world.cloud_machine("1", world.first_call, CloudState::kEnding)});
  plan = world.turn(seconds(5));
  assert_true(plan.resumes.empty());  // the name is not used again while the machine is there
  for (int list = 0; list < 2; ++list) {
    world.now += seconds(40);
    world.show({});
    plan = world.turn();
  }
  assert_true(world.books.machines.empty());
  assert_true(world.ended.back().state == MachineState::kGone);
  assert_true(world.ended.back().billed_to.has_value());
  assert_int_equal(plan.resumes.size(), 1);
}

static void a_machine_that_is_seen_ending_is_paid_until_then(void**) {
  Bursting world;
  world.bring_up();
  world.node("h100-001").base = NodeBase::kIdle;
  world.node("h100-001").powering_down = true;
  world.slurm.jobs.clear();
  world.request(RequestKind::kSuspend, "h100-001");
  world.refuse_release(world.turn().releases.at(0), "time-out");  // and yet it was carried out
  world.now += seconds(10);
  world.show({world.cloud_machine("1", world.first_call, CloudState::kEnding)});
  const auto seen_at = world.now;
  world.turn();
  for (int list = 0; list < 2; ++list) {
    world.now += seconds(40);
    world.show({});
    world.turn();
  }
  assert_true(world.ended.back().billed_to == seen_at);
}

static void an_unaccepted_release_is_asked_again(void**) {
  Bursting world;
  world.bring_up();
  world.node("h100-001").powering_down = true;
  world.request(RequestKind::kSuspend, "h100-001");
  const auto plan = world.turn();
  world.providers.at("lambda").releasing = false;  // the call failed
  assert_true(world.turn(seconds(5)).releases.empty());
  assert_int_equal(world.turn(seconds(15)).releases.size(), 1);
  assert_int_equal(plan.releases.size(), 1);
}

// A machine that will not end was told of every fifteen seconds.
static void a_release_that_is_refused_for_hours_is_told_ever_more_rarely(void**) {
  Bursting world;
  world.bring_up();
  world.node("h100-001").base = NodeBase::kIdle;
  world.node("h100-001").powering_down = true;
  world.slurm.jobs.clear();
  world.request(RequestKind::kSuspend, "h100-001");
  int calls = 0;
  for (int turn = 0; turn < 64; ++turn) {
    for (const auto& call : world.turn(seconds(16)).releases) {
      ++calls;
      world.refuse_release(call, "HTTP 409");
    }
  }
  const auto told = std::count_if(world.events.begin(), world.events.end(), [](const auto& event) {
    return event.kind == "release-unanswered";
  });
  assert_int_equal(calls, 64);
  assert_int_equal(told, 7);
}

static void one_list_that_misses_a_machine_is_not_believed(void**) {
  Bursting world;
  world.bring_up();
  world.now += seconds(60);
  world.show({});
  world.turn();
  assert_true(world.only_machine().state == MachineState::kReady);
  world.show({world.cloud_machine("1", world.first_call, CloudState::kRunning)});
  world.turn();
  assert_int_equal(world.only_machine().misses, 0);
}

static void an_end_is_believed_at_once_of_a_machine_that_a_list_has_shown(void**) {
  Bursting world;
  world.bring_up();  // within seconds: sooner than the list may lag behind an order
  world.node("h100-001").powering_down = true;
  world.request(RequestKind::kSuspend, "h100-001");
  world.accept_release(world.turn().releases.at(0));
  for (int list = 0; list < 2; ++list) {
    world.now += seconds(2);
    world.show({});
    world.turn();
  }
  assert_true(world.books.machines.empty());
}

static void machines_of_one_order_take_the_ids_that_the_cloud_gives_when_they_run(void**) {
  SmallWorld world;
  world.providers.at("lambda").capabilities.machines_per_order = 2;
  world.add_pending_job(7, 2, minutes(11));
  world.turn();
  world.start_job(7, "h100-[001-002]");
  world.request(RequestKind::kResume, "h100-[001-002]", 7);
  const auto call = world.turn().orders.at(0);
  assert_int_equal(call.machines.size(), 2);
  world.accept(call, {"r#1/2", "r#2/2"});
  for (int list = 0; list < 3; ++list) {
    world.now += seconds(60);
    auto first = world.cloud_machine("r/203.0.113.1", call, CloudState::kRunning);
    auto second = world.cloud_machine("r/203.0.113.2", call, CloudState::kRunning);
    first.address = "203.0.113.1";
    second.address = "203.0.113.2";
    world.show({second, first});
    assert_true(world.turn().releases.empty());
  }
  const auto* one = world.machine_on("h100-001");
  const auto* two = world.machine_on("h100-002");
  assert_string_not_equal(one->provider_id.c_str(), two->provider_id.c_str());
  for (const auto* machine : {one, two}) {
    assert_true(machine->state == MachineState::kBooting);
    assert_string_equal(machine->provider_id.c_str(), ("r/" + machine->address).c_str());
  }
  assert_false(world.was_said("orphan"));
}

static void a_machine_that_vanished_sends_its_node_back(void**) {
  Bursting world;
  world.bring_up();
  world.node("h100-001").not_responding = true;
  Plan plan;
  for (int list = 0; list < 2; ++list) {
    world.now += seconds(60);
    world.show({});
    plan = world.turn();
  }
  assert_true(world.only_machine().state == MachineState::kLost);
  assert_int_equal(plan.send_backs.size(), 1);
  world.node("h100-001").base = NodeBase::kDown;
  world.node("h100-001").powered_down = true;
  world.turn();
  assert_true(world.books.machines.empty());
}

// An account in trouble, or a cloud, may give an empty list and call it whole.
static void an_empty_list_costs_no_job_whose_machine_slurm_hears(void**) {
  Bursting world;
  world.bring_up();
  for (int list = 0; list < 4; ++list) {
    world.show({});
    assert_true(world.turn(minutes(1)).send_backs.empty());
    assert_true(world.only_machine().state == MachineState::kReady);
  }
  world.show({world.cloud_machine("1", world.first_call, CloudState::kRunning)});
  world.turn();
  assert_int_equal(world.only_machine().misses, 0);
}

// It took slurmctld's absence for the machine's fault, and left its offer.
static void a_joined_machine_waits_for_slurmctld_past_its_deadline(void**) {
  Bursting world;
  world.join();
  world.slurm_known = false;
  world.turn(minutes(31));
  assert_true(world.only_machine().state == MachineState::kJoined);
  world.slurm_known = true;
  world.turn();
  assert_true(world.only_machine().state == MachineState::kJoined);
  assert_true(world.books.cooldowns.empty());
  world.turn(seconds(61));
  assert_true(world.was_said("unhealthy"));
}

static void a_machine_that_its_cloud_gives_up_at_boot_is_replaced_elsewhere(void**) {
  Bursting world;
  const auto call = world.plan.orders.at(0);
  world.accept(call, {"1"});
  world.show({world.cloud_machine("1", call, CloudState::kUnhealthy)});
  const auto plan = world.turn();
  assert_int_equal(plan.releases.at(0).ids.size(), 1);
  world.accept_release(plan.releases[0]);
  for (int list = 0; list < 2; ++list) {
    world.now += seconds(2);
    world.show({});
    world.plan = world.turn();
  }
  assert_string_equal(world.plan.orders.at(0).offer.region.c_str(), "us-south-2");
}

static void a_running_machine_that_its_cloud_calls_unhealthy_keeps_its_job(void**) {
  Bursting world;
  world.bring_up();
  world.show({world.cloud_machine("1", world.first_call, CloudState::kUnhealthy)});
  assert_true(world.turn().releases.empty());
  assert_true(world.only_machine().state == MachineState::kReady);
}

static void a_machine_that_never_joins_is_given_back_and_the_node_goes_elsewhere(void**) {
  Bursting world;
  const auto call = world.plan.orders.at(0);
  world.accept(call, {"1"});
  world.show({world.cloud_machine("1", call, CloudState::kRunning)});
  const auto plan = world.turn(minutes(31));
  assert_int_equal(plan.releases.size(), 1);
  assert_true(world.was_said("unhealthy"));
  assert_true(plan.orders.empty());  // not while the first machine may still be there
  world.accept_release(plan.releases[0]);
  Plan later;
  for (int list = 0; list < 2; ++list) {
    world.now += seconds(60);
    world.show({});
    later = world.turn();
  }
  assert_int_equal(later.orders.size(), 1);
  assert_string_equal(later.orders[0].offer.region.c_str(), "us-south-2");
}

static void a_machine_whose_node_slurm_gave_up_is_released_after_the_grace(void**) {
  Bursting world;
  world.bring_up();
  auto& node = world.node("h100-001");
  node.base = NodeBase::kDown;
  node.powered_down = true;
  assert_true(world.turn().releases.empty());
  assert_int_equal(world.turn(seconds(61)).releases.size(), 1);
}

static void a_node_that_powers_up_without_a_request_goes_back_after_the_grace(void**) {
  SmallWorld world;
  world.node("h100-001").powering_up = true;
  world.node("h100-001").powered_down = false;
  assert_true(world.turn().send_backs.empty());
  assert_int_equal(world.turn(seconds(31)).send_backs.size(), 1);
}

static void a_machine_of_another_ledger_is_never_touched(void**) {
  SmallWorld world;
  CallOrder foreign;
  foreign.mark = Mark{"hpc1", "ffffff", 3, 1};
  world.show({world.cloud_machine("9", foreign, CloudState::kRunning)});
  world.turn();
  world.show({world.cloud_machine("9", foreign, CloudState::kRunning)});
  assert_true(world.turn(minutes(60)).releases.empty());
  assert_true(world.was_said("alert"));
}

static void an_orphan_is_released_after_the_grace(void**) {
  SmallWorld world;
  CallOrder forgotten;
  forgotten.mark = Mark{"hpc1", "a3f90c", 3, 1};
  forgotten.offer = world.offer(0).id;
  world.show({world.cloud_machine("9", forgotten, CloudState::kRunning)});
  assert_true(world.turn().releases.empty());
  world.show({world.cloud_machine("9", forgotten, CloudState::kRunning)});
  assert_int_equal(world.turn(minutes(6)).releases.size(), 1);
}

static void a_trial_that_was_left_is_released_after_its_time_to_boot(void**) {
  SmallWorld world;
  CallOrder trial;
  trial.mark = Mark{"hpc1", "a3f90c", kTrialLease, 1};
  trial.offer = world.offer(0).id;
  const auto turn_after = [&](minutes passed) {
    world.show({world.cloud_machine("9", trial, CloudState::kRunning)});
    return world.turn(passed).releases.size();
  };
  assert_int_equal(turn_after(minutes(0)), 0);
  assert_int_equal(turn_after(minutes(34)), 0);  // 30 to boot, 5 of grace
  assert_int_equal(turn_after(minutes(2)), 1);
}

static void a_node_that_we_set_down_returns_after_the_cool_down(void**) {
  Bursting world;
  world.refuse(world.plan.orders.at(0), ErrorCode::kBalance, "no money");
  world.turn();
  auto& node = world.node("h100-001");
  node.base = NodeBase::kDown;
  node.powering_up = false;
  node.powered_down = true;
  node.reason = "spillway: no money";
  assert_true(world.turn().resumes.empty());
  assert_int_equal(world.turn(minutes(40)).resumes.size(), 1);
}

static void a_node_that_an_admin_set_down_or_drained_is_left_alone(void**) {
  SmallWorld world;
  auto& down = world.node("h100-001");
  down.base = NodeBase::kDown;
  down.reason = "bad fan";
  auto& drained = world.node("h100-002");
  drained.draining = true;
  drained.powering_down = true;
  drained.reason = "spillway: but drained by hand";
  assert_true(world.turn().resumes.empty());
  world.add_pending_job(7, 3, minutes(11));
  assert_true(world.turn().decisions.jobs.empty());
}

static void equal_inputs_give_equal_plans(void**) {
  Bursting one(3);
  Bursting other(3);
  assert_string_equal(format_decisions(one.turn().decisions).c_str(),
                      format_decisions(other.turn().decisions).c_str());
  assert_int_equal(one.events.size(), other.events.size());
  for (std::size_t i = 0; i < one.events.size(); ++i) {
    assert_string_equal(one.events[i].text.c_str(), other.events[i].text.c_str());
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_job_that_waited_long_enough_may_use_its_own_nodes),
      cmocka_unit_test(a_job_that_did_not_wait_long_enough_stays_local),
      cmocka_unit_test(a_job_that_starts_locally_soon_stays_local),
      cmocka_unit_test(the_higher_priority_takes_the_nodes_first),
      cmocka_unit_test(an_array_gets_more_nodes_when_there_is_room_for_more_of_its_tasks),
      cmocka_unit_test(an_array_gets_a_node_for_each_task_and_no_more),
      cmocka_unit_test(a_permission_stands_until_its_job_runs),
      cmocka_unit_test(a_permission_falls_when_its_offers_vanish),
      cmocka_unit_test(a_cap_holds_permissions_back),
      cmocka_unit_test(without_slurm_nothing_new_is_permitted_or_tended),
      cmocka_unit_test(a_resumed_node_is_ordered_at_the_cheapest_offer),
      cmocka_unit_test(a_repeated_call_orders_nothing_more),
      cmocka_unit_test(a_job_without_permission_is_sent_back),
      cmocka_unit_test(a_node_powered_up_by_hand_is_a_gang_of_one),
      cmocka_unit_test(an_unknown_node_is_said_and_nothing_else),
      cmocka_unit_test(one_call_at_a_time_until_the_gang_is_whole),
      cmocka_unit_test(a_refusal_leads_to_the_next_offer_for_the_same_node),
      cmocka_unit_test(when_no_offer_is_left_the_node_goes_back_and_the_job_is_told),
      cmocka_unit_test(an_account_without_credit_cools_all_its_offers),
      cmocka_unit_test(an_unanswered_order_is_settled_by_the_list_and_not_repeated),
      cmocka_unit_test(an_unanswered_order_that_made_nothing_is_ordered_under_a_new_mark),
      cmocka_unit_test(an_order_given_up_without_an_answer_is_released_on_sight),
      cmocka_unit_test(a_joined_machine_gets_its_node_address_set_until_slurm_shows_it),
      cmocka_unit_test(an_idle_node_is_released_until_the_list_no_longer_shows_its_machine),
      cmocka_unit_test(a_machine_that_is_seen_ending_is_paid_until_then),
      cmocka_unit_test(an_unaccepted_release_is_asked_again),
      cmocka_unit_test(a_release_that_is_refused_for_hours_is_told_ever_more_rarely),
      cmocka_unit_test(one_list_that_misses_a_machine_is_not_believed),
      cmocka_unit_test(an_end_is_believed_at_once_of_a_machine_that_a_list_has_shown),
      cmocka_unit_test(machines_of_one_order_take_the_ids_that_the_cloud_gives_when_they_run),
      cmocka_unit_test(a_machine_that_vanished_sends_its_node_back),
      cmocka_unit_test(an_empty_list_costs_no_job_whose_machine_slurm_hears),
      cmocka_unit_test(a_joined_machine_waits_for_slurmctld_past_its_deadline),
      cmocka_unit_test(a_machine_that_its_cloud_gives_up_at_boot_is_replaced_elsewhere),
      cmocka_unit_test(a_running_machine_that_its_cloud_calls_unhealthy_keeps_its_job),
      cmocka_unit_test(a_machine_that_never_joins_is_given_back_and_the_node_goes_elsewhere),
      cmocka_unit_test(a_machine_whose_node_slurm_gave_up_is_released_after_the_grace),
      cmocka_unit_test(a_node_that_powers_up_without_a_request_goes_back_after_the_grace),
      cmocka_unit_test(a_machine_of_another_ledger_is_never_touched),
      cmocka_unit_test(an_orphan_is_released_after_the_grace),
      cmocka_unit_test(a_trial_that_was_left_is_released_after_its_time_to_boot),
      cmocka_unit_test(a_node_that_we_set_down_returns_after_the_cool_down),
      cmocka_unit_test(a_node_that_an_admin_set_down_or_drained_is_left_alone),
      cmocka_unit_test(equal_inputs_give_equal_plans)};
  return cmocka_run_group_tests_name("core.decide", tests, nullptr, nullptr);
}
