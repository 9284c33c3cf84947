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

}  // namespace

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

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_call_without_a_resume_file_is_answered_by_a_view_from_after_it),
      cmocka_unit_test(a_node_that_is_down_because_its_machine_was_lost_comes_back),
      cmocka_unit_test(a_machine_with_an_address_keeps_its_id),
  };
  return cmocka_run_group_tests_name("core.mishaps", tests, nullptr, nullptr);
}
