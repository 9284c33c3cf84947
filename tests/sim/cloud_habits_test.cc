// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the model of a cloud does at some clouds and not at others.
#include <string>

#include "sim/uuid.h"
#include "tests/sim/model_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using std::chrono::seconds;

void machines_are_named_as_the_cloud_does_it(void**) {
  struct Case {
    SimIds ids;
    std::size_t size;
    const char* form;
  };
  const Case cases[] = {{SimIds::kHex, 32, "abcdef0123456789"},
                        {SimIds::kUuid, 36, "abcdef0123456789-"},
                        {SimIds::kNumber, 4, "0123456789"}};
  for (const Case& each : cases) {
    SimCloudSettings with = settings();
    with.ids = each.ids;
    ModelWorld world(with);
    const std::string first = world.order();
    const std::string second = world.order();
    if (first == second || first.size() != each.size || second.size() != each.size ||
        (first + second).find_first_not_of(each.form) != std::string::npos)
      fail_msg("%s %s", first.c_str(), second.c_str());
    if (is_uuid(first) != (each.ids == SimIds::kUuid)) fail_msg("%s", first.c_str());
  }
}

void clouds_of_different_networks_share_no_address(void**) {
  SimCloudSettings with = settings();
  with.network = 78;
  with.first_address = 254;
  ModelWorld world(with);
  assert_string_equal(world.cloud.find(world.order())->address.c_str(), "127.78.1.1");
}

void private_networks_are_alike_and_public_addresses_are_not(void**) {
  SimCloudSettings with = settings();
  with.private_network = "10.0.2";
  ModelWorld lambda(with);
  with.network = 78;
  ModelWorld other(with);
  const SimMachine* machine = lambda.cloud.find(lambda.order());
  assert_string_equal(machine->address.c_str(), "100.77.0.100");
  assert_string_equal(machine->private_address.c_str(), "10.0.2.100");
  assert_string_equal(lambda.cloud.find(lambda.order())->private_address.c_str(), "10.0.2.101");
  const SimMachine* far = other.cloud.find(other.order());
  assert_string_equal(far->address.c_str(), "100.78.0.100");
  assert_string_equal(far->private_address.c_str(), "10.0.2.100");
}

void private_address_is_given_again_when_it_is_free(void**) {
  SimCloudSettings with = settings();
  with.private_network = "10.0.2";
  with.types.front().capacity = {{"east", 152}};
  ModelWorld world(with);
  const std::string staying = world.order();
  const std::string leaving = world.order();
  for (int i = 2; i < 150; ++i)
    (void)world.order();
  assert_string_equal(world.cloud.find(world.order())->address.c_str(), "");
  assert_true(static_cast<bool>(world.cloud.terminate(leaving)));
  world.clock.advance(seconds(1000));
  assert_string_equal(world.status(leaving).c_str(), "none");
  assert_string_equal(world.cloud.find(world.order())->private_address.c_str(), "10.0.2.101");
}

void bad_hardware_shows_in_the_machine_that_boots(void**) {
  SimMachineFault fault{SimMachineFaultKind::kHardware, "next", {}, {}};
  fault.hardware.gpus = 7;
  ModelWorld world;
  world.faults.replace({{}, {fault}});
  const std::string bad = world.order();
  const std::string good = world.order();
  world.clock.advance(seconds(100));
  assert_string_equal(world.status(bad).c_str(), "active");
  assert_int_equal(world.cloud.find(bad)->hardware.gpus.value_or(-1), 7);
  assert_false(world.cloud.find(good)->hardware.gpus.has_value());
  fault.machine = good;
  world.faults.replace({{}, {fault}});
  assert_string_equal(world.status(good).c_str(), "active");
  assert_false(world.cloud.find(good)->hardware.gpus.has_value());  // too late
}

void what_comes_in_one_moment_need_not_wait_for_the_next(void**) {
  SimCloudSettings with = settings();
  with.boot = with.terminate = {seconds(0), seconds(0)};
  ModelWorld world(with);
  world.cloud.advance();
  const std::string id = world.order();
  assert_string_equal(world.status(id).c_str(), "active");
  world.fault(id, SimMachineFaultKind::kUnhealthy);
  assert_string_equal(world.status(id).c_str(), "unhealthy");
  assert_true(static_cast<bool>(world.cloud.terminate(id)));
  assert_string_equal(world.status(id).c_str(), "none");
}

void fault_that_is_due_while_a_machine_is_off_strikes_when_it_starts(void**) {
  SimCloudSettings with = settings();
  with.boot = {seconds(0), seconds(0)};
  ModelWorld world(with);
  world.next_machine(SimMachineFaultKind::kDies, seconds(10));
  const std::string id = world.order();
  assert_true(static_cast<bool>(world.cloud.stop(id)));
  world.clock.advance(seconds(20));
  assert_string_equal(world.status(id).c_str(), "stopped");
  assert_true(static_cast<bool>(world.cloud.start(id)));
  assert_string_equal(world.status(id).c_str(), "unhealthy");
}

void group_is_ordered_whole_or_not_at_all(void**) {
  ModelWorld world;
  const SimOrder order{"big", "east", "g", "", Json()};
  assert_true(world.cloud.order(order, 3).error().code == ErrorCode::kNoCapacity);
  assert_int_equal(world.cloud.all().size(), 0);
  const auto ids = world.cloud.order(order, 2);
  assert_true(ids && ids->size() == 2 && ids->front() != ids->back());
  assert_true(world.cloud.order(order, 1).error().code == ErrorCode::kNoCapacity);
}

void quota_counts_the_whole_group(void**) {
  SimCloudSettings with = settings();
  with.quota = 1;
  ModelWorld world(with);
  const SimOrder order{"big", "east", "g", "", Json()};
  assert_true(world.cloud.order(order, 2).error().code == ErrorCode::kQuota);
  assert_true(static_cast<bool>(world.cloud.order(order, 1)));
}

void stopped_machine_holds_its_place_and_is_billed_on(void**) {
  ModelWorld world;
  const std::string id = world.order();
  assert_true(world.cloud.stop(id).error().code == ErrorCode::kInvalid);
  assert_true(world.cloud.start(id).error().code == ErrorCode::kInvalid);
  world.clock.advance(seconds(100));
  assert_string_equal(world.changes().c_str(), "b");
  assert_true(static_cast<bool>(world.cloud.stop(id)));
  assert_string_equal(world.changes().c_str(), "s");
  assert_string_equal(world.status(id).c_str(), "stopped");
  assert_true(world.cloud.stop(id).error().code == ErrorCode::kInvalid);
  assert_int_equal(world.cloud.free_capacity(*world.cloud.find_type("big"), "east"), 1);
  world.clock.advance(seconds(3600));
  assert_int_equal(world.cloud.invoice().front().cost.micros(), 31'920'000);
  assert_true(static_cast<bool>(world.cloud.start(id)));
  assert_string_equal(world.status(id).c_str(), "active");
  assert_true(world.cloud.start("nobody").error().code == ErrorCode::kNotFound);
  assert_true(world.cloud.stop("nobody").error().code == ErrorCode::kNotFound);
}

void bill_can_begin_with_the_order(void**) {
  SimCloudSettings with = settings();
  with.billing.from_order = true;
  ModelWorld world(with);
  const std::string id = world.order();
  world.clock.advance(seconds(60));
  assert_int_equal(world.cloud.invoice().front().cost.micros(), 532'000);
  world.clock.advance(seconds(60));
  assert_string_equal(world.status(id).c_str(), "active");
  assert_true(static_cast<bool>(world.cloud.terminate(id)));
  world.clock.advance(seconds(600));
  assert_int_equal(world.cloud.invoice().front().cost.micros(), 2 * 532'000);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(machines_are_named_as_the_cloud_does_it),
      cmocka_unit_test(clouds_of_different_networks_share_no_address),
      cmocka_unit_test(private_networks_are_alike_and_public_addresses_are_not),
      cmocka_unit_test(private_address_is_given_again_when_it_is_free),
      cmocka_unit_test(bad_hardware_shows_in_the_machine_that_boots),
      cmocka_unit_test(what_comes_in_one_moment_need_not_wait_for_the_next),
      cmocka_unit_test(fault_that_is_due_while_a_machine_is_off_strikes_when_it_starts),
      cmocka_unit_test(group_is_ordered_whole_or_not_at_all),
      cmocka_unit_test(quota_counts_the_whole_group),
      cmocka_unit_test(stopped_machine_holds_its_place_and_is_billed_on),
      cmocka_unit_test(bill_can_begin_with_the_order),
  };
  return cmocka_run_group_tests_name("sim.cloud_habits", tests, nullptr, nullptr);
}
