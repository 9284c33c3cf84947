// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the fault simulator (tests/simulation) found, each as short as it can be told.
#include <chrono>
#include <string>
#include <vector>

#include "core/decide.h"
#include "tests/support/gang_world.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// Job 7 is permitted, and its machines run.
struct RunningGang : GangWorld {
  explicit RunningGang(const std::string& nodes) {
    lambda().capabilities.machines_per_order = 4;
    call = burst(7, nodes).orders.at(0);
    ids = take(call);
    show_all();
    turn();
  }
  CallOrder call;
  std::vector<std::string> ids;
};

std::string nodes_permitted(const SmallWorld& world, std::uint32_t job) {
  const auto permission = world.books.permissions.find(job);
  return permission == world.books.permissions.end() ? std::string()
                                                     : format_hostlist(permission->second.nodes);
}

}  // namespace

// slurmctld without JSON-C: only a view from after the call shows whose the nodes are. An older one
// made a gang's nodes look as if they were powered up by hand: each a gang of one.
static void a_call_without_a_resume_file_is_answered_by_a_view_from_after_it(void**) {
  GangWorld world;
  world.lambda().capabilities.machines_per_order = 4;
  world.permit(7, 2);
  const auto id = world.request(RequestKind::kResume, "h100-[001-002]");
  world.books.requests.at(id).received_at = world.now + seconds(5);
  assert_true(world.turn().orders.empty());
  assert_int_equal(world.books.requests.size(), 1);
  world.start_job(7, "h100-[001-002]");
  const auto plan = world.turn(seconds(10));
  assert_int_equal(plan.orders.size(), 1);
  assert_int_equal(plan.orders[0].machines.size(), 2);
  assert_int_equal(world.open_lease_of(7).job, 7);
}

// A node that slurmctld set down because its machine had died stayed down for ever.
static void a_node_that_is_down_because_its_machine_was_lost_comes_back(void**) {
  for (const bool by_admin : {false, true}) {
    GangWorld world;
    auto& node = world.node("h100-001");
    node.base = NodeBase::kDown;
    node.reason = by_admin ? "broken fan" : "Not responding";
    const auto plan = world.turn();
    assert_int_equal(plan.resumes.size(), by_admin ? 0 : 1);
  }
}

// An order that the cloud carried out twice: when the first machine had ended, its row took the
// second one over, and what the first had cost was forgotten.
static void a_machine_with_an_address_keeps_its_id(void**) {
  RunningGang world("h100-001");
  world.request(RequestKind::kSuspend, "h100-001");
  world.accept_release(world.turn().releases.at(0));
  for (int list = 0; list < 2; ++list) {
    world.now += seconds(20);
    world.show({world.cloud_machine("twin", world.call, CloudState::kRunning)});
    world.turn();
  }
  for (const auto& machine : world.ended)
    assert_string_equal(machine.provider_id.c_str(), world.ids[0].c_str());
  assert_true(world.was_said("gone"));
}

// A job's permission stood on a node that had gone out of use: it waited for ever beside others.
static void a_permission_gives_way_when_one_of_its_nodes_goes_out_of_use(void**) {
  struct Row {
    const char* name;
    void (*happen)(Node&);
  };
  const Row rows[] = {
      {"down", [](Node& node) { node.base = NodeBase::kDown; }},
      {"drained", [](Node& node) { node.draining = true; }},
      {"powering down", [](Node& node) { node.powering_down = true; }},
  };
  for (const auto& [name, happen] : rows) {
    GangWorld world;
    world.permit(7, 2);
    assert_string_equal(nodes_permitted(world, 7).c_str(), "h100-[001-002]");
    happen(world.node("h100-002"));
    world.turn();
    if (nodes_permitted(world, 7) != "h100-[001,003]") fail_msg("%s", name);
  }
}

static void a_permission_gives_way_when_a_machine_on_its_nodes_will_not_end(void**) {
  RunningGang world("h100-001");
  world.request(RequestKind::kResumeFail, "h100-001");
  auto& job = world.slurm.jobs.at(7);
  job.state = JobState::kPending;
  job.nodes.clear();
  auto& node = world.node("h100-001");
  node.base = NodeBase::kDown;
  node.powering_up = false;
  node.powered_down = true;
  node.reason = "ResumeTimeout reached";
  world.turn();
  assert_true(world.state_on("h100-001") == MachineState::kReleasing);
  assert_string_equal(nodes_permitted(world, 7).c_str(), "h100-002");
}

// Slurm would never have taken them: they stood for ever, and kept stock, nodes and caps from
// others.
static void a_permission_ends_when_its_job_can_no_longer_take_it(void**) {
  struct Row {
    const char* name;
    void (*happen)(GangWorld&, Job&);
    const char* says;
  };
  const Row rows[] = {
      {"more nodes", [](GangWorld&, Job& job) { job.nodes_min = 3; }, "asks for 3 nodes now"},
      {"other nodes", [](GangWorld&, Job& job) { job.required_nodes = "h100-004"; }, "other nodes"},
      {"a feature", [](GangWorld&, Job& job) { job.features = "fast"; }, "no node has fast"},
      {"more memory",
       [](GangWorld& world, Job& job) {
         for (auto& [name, node] : world.slurm.nodes)
           node.memory_mib = 100 * 1024;
         job.memory_per_node_mib = 101 * 1024;
       },
       "needs 103424 MiB a node, Slurm knows of 102400"},
      {"a limit of its QOS",
       [](GangWorld&, Job& job) { job.state_reason = "QOSMaxGRESPerUser"; },
       "waits for something else: QOSMaxGRESPerUser"},
      {"a lowered limit",
       [](GangWorld& world, Job&) { world.config.policy.limits.machines = 1; },
       "limit of 1 machines would be passed"},
  };
  for (const auto& row : rows) {
    GangWorld world;
    world.permit(7, 2);
    row.happen(world, world.slurm.jobs.at(7));
    world.turn();
    const auto& events = world.events;
    const bool is_said = std::any_of(events.begin(), events.end(), [&](const auto& event) {
      return event.kind == "forbid" && event.text.find(row.says) != std::string::npos;
    });
    if (!is_said) fail_msg("%s", row.name);
  }
}

// The view may be older than what Slurm has done since: a machine that comes up tells it.
static void a_permission_stands_while_machines_come_up_for_it(void**) {
  GangWorld world;
  world.lambda().capabilities.machines_per_order = 4;
  world.permit(7, 2);
  world.request_part(7, "h100-[001-002]", "h100-[001-002]");
  world.turn();
  world.node("h100-002").draining = true;
  world.turn();
  assert_string_equal(nodes_permitted(world, 7).c_str(), "h100-[001-002]");
}

// An admin powered up one node of a gang's permission: the gang's other machine was then ordered
// where it was cheapest, on another fabric.
static void a_gang_joins_the_fabric_of_a_machine_that_stands_on_its_nodes(void**) {
  GangWorld world;
  world.config.pools[0].shape.infiniband = true;
  for (auto& offer : world.lambda().offers)
    offer.infiniband = true;
  world.add_pending_job(7, 2, minutes(11)).features = "ib";
  world.turn();
  assert_string_equal(nodes_permitted(world, 7).c_str(), "h100-[001-002]");
  world.offer(0).stock = 0;
  world.request(RequestKind::kResume, "h100-002");
  const auto by_hand = world.turn().orders.at(0);
  world.take(by_hand);
  world.offer(0).stock.reset();
  assert_true(by_hand.offer != world.offer(0).id);  // which is cheaper
  world.start(7, "h100-[001-002]");
  const auto plan = world.turn();
  assert_int_equal(plan.orders.size(), 1);
  assert_true(plan.orders[0].offer == by_hand.offer);
}

// A machine of a cloud that does not tell from when it bills: it joined and died between two lists,
// was shown only as unhealthy, and cost nothing by our books.
static void a_machine_that_joined_is_charged_although_no_list_showed_it_running(void**) {
  GangWorld world;
  const auto call = world.burst(7, "h100-001").orders.at(0);
  const auto ids = world.take(call);
  auto shown = world.cloud_machine(ids.at(0), call, CloudState::kBuilding);
  shown.billed_from.reset();
  world.show({shown});
  world.turn();
  assert_false(world.machine_on("h100-001")->billed_from.has_value());
  world.now += seconds(40);
  world.join("h100-001");
  assert_true(world.machine_on("h100-001")->billed_from == world.now);
  shown.state = CloudState::kUnhealthy;
  world.show({shown});
  world.turn(seconds(15));
  assert_true(world.machine_on("h100-001")->billed_from == world.now - seconds(15));
}

// An answer was lost, and then the machine was missing from one list: it was ordered once more.
static void one_list_that_does_not_show_an_order_is_not_believed(void**) {
  GangWorld world;
  const auto call = world.burst(7, "h100-001").orders.at(0);
  world.refuse(call, ErrorCode::kUnknownOutcome, "half an answer");
  world.now += minutes(1);
  world.show({});
  assert_true(world.turn().orders.empty());
  assert_true(world.state_on("h100-001") == MachineState::kOrdered);
  world.now += seconds(15);
  world.show({world.cloud_machine("1", call, CloudState::kBuilding)});
  world.turn();
  assert_string_equal(world.machine_on("h100-001")->provider_id.c_str(), "1");
  assert_int_equal(world.machine_on("h100-001")->misses, 0);
}

// SuspendProgram wrote its request only when the machine had registered and a job ran on it.
static void a_call_to_suspend_that_comes_late_spares_the_job(void**) {
  struct Row {
    const char* name;
    bool goes_down_before;  // as Slurm was read before the call came
    bool goes_down_after;
    std::size_t released_before;
    std::size_t released_after;
  };
  for (const auto& row : {Row{"as it should be", true, true, 1, 0},
                          Row{"read before it goes down", false, true, 0, 1},
                          Row{"late", false, false, 0, 0}}) {
    RunningGang world("h100-001");
    world.join("h100-001");
    world.turn();
    assert_true(world.ready("h100-001"));
    auto& node = world.node("h100-001");
    node.base = NodeBase::kIdle;
    node.powering_up = node.powered_down = false;
    const auto id = world.request(RequestKind::kSuspend, "h100-001");
    node.powering_down = row.goes_down_before;
    world.books.requests.at(id).received_at = world.now + seconds(5);
    const auto before = world.turn().releases.size();
    node.powering_down = row.goes_down_after;
    if (!row.goes_down_after) node.base = NodeBase::kAllocated;
    const auto after = world.turn(seconds(10)).releases.size();
    if (before != row.released_before || after != row.released_after) fail_msg("%s", row.name);
    assert_true(world.books.requests.empty());
    assert_int_equal(world.was_said("late"), !row.goes_down_after);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_call_without_a_resume_file_is_answered_by_a_view_from_after_it),
      cmocka_unit_test(a_node_that_is_down_because_its_machine_was_lost_comes_back),
      cmocka_unit_test(a_machine_with_an_address_keeps_its_id),
      cmocka_unit_test(a_permission_gives_way_when_one_of_its_nodes_goes_out_of_use),
      cmocka_unit_test(a_permission_gives_way_when_a_machine_on_its_nodes_will_not_end),
      cmocka_unit_test(a_permission_ends_when_its_job_can_no_longer_take_it),
      cmocka_unit_test(a_permission_stands_while_machines_come_up_for_it),
      cmocka_unit_test(a_gang_joins_the_fabric_of_a_machine_that_stands_on_its_nodes),
      cmocka_unit_test(one_list_that_does_not_show_an_order_is_not_believed),
      cmocka_unit_test(a_call_to_suspend_that_comes_late_spares_the_job),
      cmocka_unit_test(a_machine_that_joined_is_charged_although_no_list_showed_it_running),
  };
  return cmocka_run_group_tests_name("core.mishaps", tests, nullptr, nullptr);
}
