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

}  // namespace

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

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_list_that_shows_a_bad_machine_does_not_revive_its_gang)};
  return cmocka_run_group_tests_name("core.gang", tests, nullptr, nullptr);
}
