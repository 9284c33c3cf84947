// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "sim/cloud.h"
#include "tests/sim/model_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using std::chrono::seconds;

// Two sizes of one GPU, and a sibling of the larger one.
SimCloudSettings shared_gpus() {
  SimCloudSettings made = settings();
  made.types[0].capacity = {{"east", 3}};
  made.types[0].gpu_description = "H100";
  made.shares_gpus = true;
  SimType small = made.types[0];
  small.name = "small";
  small.gpus = 1;
  small.price_per_hour = Money::from_cents(399);
  small.capacity = {{"east", 36}};
  SimType sibling = made.types[0];
  sibling.name = "big-too";
  made.types.insert(made.types.end(), {small, sibling});
  return made;
}

void types_of_one_gpu_take_from_each_other(void**) {
  ModelWorld world(shared_gpus());
  const auto free = [&](const char* type, const char* region) {
    return world.cloud.free_capacity(*world.cloud.find_type(type), region);
  };
  // As big a stock as the type that needs most may use.
  assert_int_equal(world.cloud.free_gpus("H100", "east"), 36);
  assert_int_equal(free("big", "east"), 3);
  assert_int_equal(free("small", "east"), 36);
  const std::string first = world.order();
  assert_int_equal(free("big-too", "east"), 3);  // its own capacity, and 28 GPUs
  assert_int_equal(free("small", "east"), 28);
  assert_true(static_cast<bool>(world.cloud.order({"small", "east", "s", "", Json()}, 13)));
  assert_int_equal(world.cloud.free_gpus("H100", "east"), 15);
  assert_int_equal(free("big", "east"), 1);
  assert_int_equal(free("big-too", "east"), 1);
  assert_int_equal(world.cloud.free_gpus("H100", "west"), 0);
  assert_int_equal(world.cloud.free_gpus("A100", "east"), 0);
  assert_true(static_cast<bool>(world.cloud.terminate(first)));
  assert_int_equal(free("big-too", "east"), 1);  // it holds its place until it is gone
  world.clock.advance(seconds(10));
  world.cloud.advance();
  assert_int_equal(free("big-too", "east"), 2);
}

void price_is_one_per_gpu(void**) {
  ModelWorld world(shared_gpus());
  assert_true(static_cast<bool>(world.cloud.set_price("small", Money::from_cents(250))));
  assert_int_equal(world.cloud.find_type("small")->price_per_hour.micros(), 2'500'000);
  assert_int_equal(world.cloud.find_type("big")->price_per_hour.micros(), 20'000'000);
  assert_true(static_cast<bool>(world.cloud.set_price("big", Money::from_cents(3200))));
  assert_int_equal(world.cloud.find_type("small")->price_per_hour.micros(), 4'000'000);
  assert_int_equal(world.cloud.find_type("big-too")->price_per_hour.micros(), 32'000'000);
}

void machine_on_the_shelf_holds_no_place(void**) {
  ModelWorld world;
  const std::string id = world.order();
  const auto free = [&] {
    return world.cloud.free_capacity(*world.cloud.find_type("big"), "east");
  };
  world.clock.advance(seconds(100));
  assert_true(world.cloud.shelve(id).error().code == ErrorCode::kInvalid);
  assert_true(static_cast<bool>(world.cloud.stop(id)));
  assert_true(world.cloud.unshelve(id).error().code == ErrorCode::kInvalid);
  assert_int_equal(free(), 1);
  assert_true(static_cast<bool>(world.cloud.shelve(id)));
  assert_int_equal(free(), 2);
  const auto others = world.cloud.order({"big", "east", "o", "", Json()}, 2);
  assert_true(static_cast<bool>(others));
  assert_true(world.cloud.unshelve(id).error().code == ErrorCode::kNoCapacity);
  assert_true(static_cast<bool>(world.cloud.terminate(others->front())));
  world.clock.advance(seconds(10));
  assert_true(static_cast<bool>(world.cloud.unshelve(id)));
  assert_int_equal(free(), 0);
  assert_true(world.cloud.shelve("nobody").error().code == ErrorCode::kNotFound);
  assert_true(world.cloud.unshelve("nobody").error().code == ErrorCode::kNotFound);
}

void order_beyond_the_stock_is_taken_and_fails(void**) {
  SimCloudSettings with = settings();
  with.overbooks = true;
  ModelWorld world(with);
  const auto ids = world.cloud.order({"big", "east", "g", "", Json()}, 3);
  assert_true(ids && ids->size() == 3);
  assert_int_equal(world.cloud.free_capacity(*world.cloud.find_type("big"), "east"), 0);
  world.clock.advance(seconds(99));
  assert_string_equal(world.status(ids->at(2)).c_str(), "booting");
  world.clock.advance(seconds(1));
  assert_string_equal(world.changes().c_str(), "bb");
  assert_string_equal(world.status(ids->at(1)).c_str(), "active");
  assert_string_equal(world.status(ids->at(2)).c_str(), "unhealthy");
  // It takes nobody's place.
  assert_true(static_cast<bool>(world.cloud.terminate(ids->at(0))));
  world.clock.advance(seconds(600));
  world.cloud.advance();
  assert_int_equal(world.cloud.free_capacity(*world.cloud.find_type("big"), "east"), 1);
  assert_int_equal(world.cloud.invoice().back().cost.micros(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(types_of_one_gpu_take_from_each_other),
      cmocka_unit_test(price_is_one_per_gpu),
      cmocka_unit_test(order_beyond_the_stock_is_taken_and_fails),
      cmocka_unit_test(machine_on_the_shelf_holds_no_place),
  };
  return cmocka_run_group_tests_name("sim.cloud_stock", tests, nullptr, nullptr);
}
