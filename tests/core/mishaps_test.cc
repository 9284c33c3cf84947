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

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_call_without_a_resume_file_is_answered_by_a_view_from_after_it),
      cmocka_unit_test(a_node_that_is_down_because_its_machine_was_lost_comes_back),
  };
  return cmocka_run_group_tests_name("core.mishaps", tests, nullptr, nullptr);
}
