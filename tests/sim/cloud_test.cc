// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cloud.h"

#include <set>
#include <string>

#include "tests/sim/model_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void machine_lives_from_order_to_gone(void**) {
  ModelWorld world;
  const std::string id = world.order();
  assert_string_equal(world.status(id).c_str(), "booting");
  world.clock.advance(seconds(99));
  assert_string_equal(world.status(id).c_str(), "booting");
  assert_string_equal(world.changes().c_str(), "");
  world.clock.advance(seconds(1));
  assert_string_equal(world.status(id).c_str(), "active");
  assert_string_equal(world.changes().c_str(), "b");
  assert_true(static_cast<bool>(world.cloud.terminate(id)));
  assert_string_equal(world.status(id).c_str(), "terminating");
  assert_string_equal(world.changes().c_str(), "s");
  world.clock.advance(seconds(10));
  assert_string_equal(world.status(id).c_str(), "none");
  assert_int_equal(world.cloud.listed().size(), 0);
  assert_int_equal(world.cloud.all().size(), 1);
}

void list_lags_behind_the_order(void**) {
  ModelWorld world;
  const std::string id = world.order();
  assert_int_equal(world.cloud.listed().size(), 0);
  assert_non_null(world.cloud.find(id));
  world.clock.advance(milliseconds(2999));
  assert_int_equal(world.cloud.listed().size(), 0);
  world.clock.advance(milliseconds(1));
  assert_int_equal(world.cloud.listed().size(), 1);
}

void address_is_shown_before_the_machine_is_up(void**) {
  ModelWorld world;
  const SimMachine* machine = world.cloud.find(world.order());
  assert_true(machine->address_from > machine->ordered_at);
  assert_true(machine->address_from < machine->up_at);
}

void addresses_and_ids_are_distinct(void**) {
  SimCloudSettings with = settings();
  with.types[0].capacity["east"] = 1000;
  with.first_address = 65'000;  // wraps around within the test
  ModelWorld world(with);
  std::set<std::string> addresses;
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const SimMachine* machine = world.cloud.find(world.order());
    addresses.insert(machine->address);
    ids.insert(machine->id);
    if (machine->address.rfind("127.77.", 0) != 0 || machine->id.size() != 32)
      fail_msg("%s %s", machine->address.c_str(), machine->id.c_str());
  }
  assert_int_equal(addresses.size(), 1000);
  assert_int_equal(ids.size(), 1000);
}

void same_seed_gives_the_same_cloud(void**) {
  SimCloudSettings with = settings();
  with.boot = {seconds(100), seconds(200)};
  ModelWorld one(with);
  ModelWorld two(with);
  with.seed = 2;
  ModelWorld other(with);
  const std::string id = one.order();
  assert_string_equal(id.c_str(), two.order().c_str());
  assert_true(one.cloud.find(id)->up_at == two.cloud.find(id)->up_at);
  assert_string_not_equal(id.c_str(), other.order().c_str());
}

void order_is_refused_when_sold_out(void**) {
  ModelWorld world;
  const std::string first = world.order();
  world.order();
  const SimOrder more{"big", "east", "m", "", Json()};
  assert_true(world.cloud.order(more).error().code == ErrorCode::kNoCapacity);
  assert_true(world.cloud.terminate(first).operator bool());
  // A machine that is going still holds its place.
  assert_true(world.cloud.order(more).error().code == ErrorCode::kNoCapacity);
  world.clock.advance(seconds(10));
  assert_true(static_cast<bool>(world.cloud.order(more)));
}

void order_is_refused_for_what_does_not_exist(void**) {
  struct Case {
    const char* type;
    const char* region;
    ErrorCode code;
  };
  const Case cases[] = {{"small", "east", ErrorCode::kNotFound},
                        {"big", "north", ErrorCode::kNotFound},
                        {"", "", ErrorCode::kNotFound},
                        {"big", "west", ErrorCode::kNoCapacity}};
  for (const Case& each : cases) {
    ModelWorld world;
    const auto id = world.cloud.order({each.type, each.region, "m", "", Json()});
    if (id || id.error().code != each.code) fail_msg("%s in %s", each.type, each.region);
  }
}

void order_is_refused_beyond_the_quota(void**) {
  SimCloudSettings with = settings();
  with.quota = 1;
  ModelWorld world(with);
  world.order();
  const auto id = world.cloud.order({"big", "east", "m", "", Json()});
  assert_true(!id && id.error().code == ErrorCode::kQuota);
}

void capacity_and_price_change(void**) {
  ModelWorld world;
  const SimOrder order{"big", "west", "m", "", Json()};
  assert_true(static_cast<bool>(world.cloud.set_capacity("big", "west", 1)));
  assert_true(static_cast<bool>(world.cloud.set_price("big", Money::from_cents(100))));
  const auto cheap = world.cloud.order(order);
  assert_true(static_cast<bool>(cheap));
  assert_true(static_cast<bool>(world.cloud.set_price("big", Money::from_cents(900))));
  assert_int_equal(world.cloud.find(*cheap)->price_per_hour.micros(), 1'000'000);
  assert_false(static_cast<bool>(world.cloud.set_capacity("big", "north", 1)));
  assert_false(static_cast<bool>(world.cloud.set_price("small", Money())));
}

void billing_runs_from_healthy_to_terminate(void**) {
  ModelWorld world;
  const std::string id = world.order();
  world.clock.advance(seconds(100));
  assert_int_equal(world.cloud.invoice()[0].cost.micros(), 0);
  world.clock.advance(seconds(61));
  SimInvoiceLine line = world.cloud.invoice()[0];
  assert_int_equal(line.cost.micros(), 1'064'000);  // two minutes of 31.92 an hour
  assert_true(line.billed_from == kStart + seconds(100));
  assert_false(line.billed_to.has_value());
  assert_true(static_cast<bool>(world.cloud.terminate(id)));
  world.clock.advance(std::chrono::hours(5));
  line = world.cloud.invoice()[0];
  assert_int_equal(line.cost.micros(), 1'064'000);
  assert_true(line.billed_to == kStart + seconds(161));
}

void terminating_again_changes_nothing(void**) {
  ModelWorld world;
  const std::string id = world.order();
  world.clock.advance(seconds(160));
  assert_true(static_cast<bool>(world.cloud.terminate(id)));
  world.clock.advance(seconds(5));
  assert_true(static_cast<bool>(world.cloud.terminate(id)));
  assert_true(world.cloud.invoice()[0].billed_to == kStart + seconds(160));
  world.clock.advance(seconds(5));
  assert_true(world.cloud.terminate(id).error().code == ErrorCode::kNotFound);
  assert_true(world.cloud.terminate("nobody").error().code == ErrorCode::kNotFound);
}

void machine_ended_while_booting_costs_nothing(void**) {
  ModelWorld world;
  const std::string id = world.order();
  world.clock.advance(seconds(50));
  assert_true(static_cast<bool>(world.cloud.terminate(id)));
  world.clock.advance(seconds(500));
  const auto invoice = world.cloud.invoice();
  assert_int_equal(invoice.size(), 1);
  assert_false(invoice[0].billed_from.has_value());
  assert_int_equal(invoice[0].cost.micros(), 0);
}

void restart_stops_what_runs(void**) {
  ModelWorld world;
  const std::string id = world.order();
  assert_true(world.cloud.restart(id).error().code == ErrorCode::kInvalid);
  world.clock.advance(seconds(100));
  assert_string_equal(world.changes().c_str(), "b");
  assert_true(static_cast<bool>(world.cloud.restart(id)));
  assert_string_equal(world.changes().c_str(), "s");
  assert_true(world.cloud.restart("nobody").error().code == ErrorCode::kNotFound);
}

// What a machine with each fault looks like after a day, one look at the end: long jumps of the
// clock must not swallow what lies between.

void faulty_machine_ends_as_its_fault_says(void**) {
  struct Case {
    const char* name;
    SimMachineFaultKind kind;
    int after;
    const char* status;
    const char* changes;
    std::int64_t billed_seconds;  // -1: never billed, -2: still running
  };
  const Case cases[] = {
      {"never boots", SimMachineFaultKind::kNeverBoots, 0, "booting", "", -1},
      {"dies", SimMachineFaultKind::kDies, 0, "unhealthy", "bs", -2},
      {"dies later", SimMachineFaultKind::kDies, 60, "unhealthy", "bs", -2},
      {"unhealthy from the start", SimMachineFaultKind::kUnhealthy, 0, "unhealthy", "b", -1},
      {"unhealthy later", SimMachineFaultKind::kUnhealthy, 60, "unhealthy", "b", -2},
      {"preempted", SimMachineFaultKind::kPreempted, 90, "none", "bs", 90},
      {"vanishes", SimMachineFaultKind::kVanishes, 90, "none", "bs", 90},
  };
  for (const Case& each : cases) {
    ModelWorld world;
    world.next_machine(each.kind, seconds(each.after));
    const std::string id = world.order();
    world.clock.advance(std::chrono::hours(24));
    const std::string status = world.status(id);
    const std::string changes = world.changes();
    const SimInvoiceLine line = world.cloud.invoice()[0];
    std::int64_t billed = line.billed_from ? -2 : -1;
    if (line.billed_to) billed = (*line.billed_to - *line.billed_from) / seconds(1);
    if (status != each.status || changes != each.changes || billed != each.billed_seconds)
      fail_msg("%s: status %s, changes %s, billed %d s",
               each.name,
               status.c_str(),
               changes.c_str(),
               static_cast<int>(billed));
  }
}

void fault_strikes_a_running_machine(void**) {
  ModelWorld world;
  const std::string id = world.order();
  world.clock.advance(seconds(130));
  assert_string_equal(world.status(id).c_str(), "active");
  world.fault(id, SimMachineFaultKind::kPreempted);
  assert_string_equal(world.status(id).c_str(), "preempted");
  assert_true(world.cloud.invoice()[0].billed_to == kStart + seconds(130));
  world.clock.advance(seconds(10));
  assert_string_equal(world.status(id).c_str(), "none");
}

void failed_machine_never_ran_and_costs_nothing(void**) {
  ModelWorld world;
  world.next_machine(SimMachineFaultKind::kFails, seconds(5));
  const std::string id = world.order();
  world.clock.advance(seconds(100));
  assert_string_equal(world.status(id).c_str(), "unhealthy");
  assert_string_equal(world.changes().c_str(), "");
  world.clock.advance(seconds(600));
  assert_int_equal(world.cloud.invoice().front().cost.micros(), 0);
  assert_int_equal(world.cloud.free_capacity(*world.cloud.find_type("big"), "east"), 1);
}

void only_the_next_machine_is_faulty(void**) {
  ModelWorld world;
  world.next_machine(SimMachineFaultKind::kNeverBoots);
  const std::string first = world.order();
  const std::string second = world.order();
  world.clock.advance(seconds(1000));
  assert_string_equal(world.status(first).c_str(), "booting");
  assert_string_equal(world.status(second).c_str(), "active");
}

void faulty_machine_can_be_terminated(void**) {
  ModelWorld world;
  world.next_machine(SimMachineFaultKind::kNeverBoots);
  const std::string id = world.order();
  assert_true(static_cast<bool>(world.cloud.terminate(id)));
  world.clock.advance(seconds(10));
  assert_string_equal(world.status(id).c_str(), "none");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(machine_lives_from_order_to_gone),
      cmocka_unit_test(list_lags_behind_the_order),
      cmocka_unit_test(address_is_shown_before_the_machine_is_up),
      cmocka_unit_test(addresses_and_ids_are_distinct),
      cmocka_unit_test(same_seed_gives_the_same_cloud),
      cmocka_unit_test(order_is_refused_when_sold_out),
      cmocka_unit_test(order_is_refused_for_what_does_not_exist),
      cmocka_unit_test(order_is_refused_beyond_the_quota),
      cmocka_unit_test(capacity_and_price_change),
      cmocka_unit_test(billing_runs_from_healthy_to_terminate),
      cmocka_unit_test(terminating_again_changes_nothing),
      cmocka_unit_test(machine_ended_while_booting_costs_nothing),
      cmocka_unit_test(restart_stops_what_runs),
      cmocka_unit_test(faulty_machine_ends_as_its_fault_says),
      cmocka_unit_test(fault_strikes_a_running_machine),
      cmocka_unit_test(failed_machine_never_ran_and_costs_nothing),
      cmocka_unit_test(only_the_next_machine_is_faulty),
      cmocka_unit_test(faulty_machine_can_be_terminated),
  };
  return cmocka_run_group_tests_name("sim.cloud", tests, nullptr, nullptr);
}
