// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "sim/cloud.h"
#include "tests/sim/model_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using std::chrono::seconds;

void pause_is_not_billed(void**) {
  ModelWorld world;
  const std::string id = world.order();
  const auto cost = [&] { return world.cloud.invoice().front().cost.micros(); };
  world.clock.advance(seconds(100));
  world.clock.advance(seconds(60));
  assert_int_equal(cost(), 532'000);
  // Of three minutes, one is paused, since the running pause is cut short.
  assert_true(static_cast<bool>(world.cloud.pause_billing(id, world.clock.now() + seconds(600))));
  world.clock.advance(seconds(30));
  assert_true(static_cast<bool>(world.cloud.pause_billing(id, world.clock.now() + seconds(30))));
  world.clock.advance(seconds(150));
  assert_int_equal(world.cloud.invoice().front().paused.count(), 60);
  assert_int_equal(cost(), 3 * 532'000);
  // A second one, which never ends.
  assert_true(static_cast<bool>(world.cloud.pause_billing(id, TimePoint::max())));
  world.clock.advance(seconds(3600));
  assert_int_equal(cost(), 3 * 532'000);
  assert_true(static_cast<bool>(world.cloud.terminate(id)));
  world.clock.advance(seconds(3600));
  assert_int_equal(cost(), 3 * 532'000);
  assert_true(world.cloud.pause_billing(id, kStart).error().code == ErrorCode::kNotFound);
}

void unhealthy_machine_is_billed_on_or_not(void**) {
  for (const bool billed : {true, false}) {
    SimCloudSettings with = settings();
    with.billing.unhealthy = billed;
    ModelWorld world(with);
    world.next_machine(SimMachineFaultKind::kDies, seconds(60));
    (void)world.order();
    world.clock.advance(seconds(100 + 600));
    const auto line = world.cloud.invoice().front();
    if (line.cost.micros() != (billed ? 5'320'000 : 532'000))
      fail_msg("%d: %ld", billed, static_cast<long>(line.cost.micros()));
  }
}

void surcharge_is_added_to_the_price(void**) {
  ModelWorld world;
  SimOrder order{"big", "east", "m", "", Json()};
  order.surcharge = Money::from_cents(8);
  assert_true(static_cast<bool>(world.cloud.order(order)));
  world.clock.advance(seconds(100 + 3600));
  assert_int_equal(world.cloud.invoice().front().cost.micros(), 32'000'000);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(pause_is_not_billed),
      cmocka_unit_test(surcharge_is_added_to_the_price),
      cmocka_unit_test(unhealthy_machine_is_billed_on_or_not),
  };
  return cmocka_run_group_tests_name("sim.cloud_billing", tests, nullptr, nullptr);
}
