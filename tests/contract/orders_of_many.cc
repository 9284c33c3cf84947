// SPDX-License-Identifier: GPL-2.0-or-later
//
// Orders of several machines in one call, where the cloud takes such, and their parts' release.
#include <algorithm>
#include <utility>

#include "tests/contract/scene.h"

namespace spillway::contract {
namespace {

bool takes_many() {
  return row().machines_per_order > 1;
}

OrderSpec make_spec_of(int machines) {
  auto spec = make_spec(1);
  spec.machines = machines;
  return spec;
}

Ids order_three(Scene& scene) {
  auto ordered = value_of(scene.provider->order(make_spec_of(3)));
  assert_int_equal(ordered.ids.size(), 3);
  return std::move(ordered.ids);
}

void order_of_many_is_one_call_whose_machines_share_a_mark(void**) {
  if (!takes_many()) skip();
  Scene scene;
  auto ids = order_three(scene);
  std::sort(ids.begin(), ids.end());
  assert_true(std::unique(ids.begin(), ids.end()) == ids.end());
  assert_int_equal(list_alive(scene, 1).size(), 3);
  assert_int_equal(count_ever_made(scene), 3);
}

void order_of_many_that_got_lost_is_found_whole_by_its_mark(void**) {
  if (!takes_many()) skip();
  Scene scene;
  set_fault(scene, row().order_call, "error_after");
  assert_error(scene.provider->order(make_spec_of(3)), ErrorCode::kUnknownOutcome);
  assert_int_equal(list_alive(scene, 1).size(), 3);
}

void order_of_more_than_there_are_gives_what_it_says(void**) {
  if (!takes_many()) skip();
  Scene scene;
  const auto ordered = scene.provider->order(make_spec_of(row().stock + 1));
  if (!ordered) assert_error(ordered, ErrorCode::kNoCapacity);
  const auto given = ordered ? ordered->ids.size() : 0;
  assert_true(given <= static_cast<std::size_t>(row().stock));
  assert_int_equal(count_ever_made(scene), given);
  assert_int_equal(list_alive(scene).size(), given);
}

void order_of_more_than_one_call_may_ask_is_invalid(void**) {
  Scene scene;
  const auto most = scene.provider->capabilities().machines_per_order;
  for (const int machines : {0, -1, most + 1}) {
    assert_error(scene.provider->order(make_spec_of(machines)), ErrorCode::kInvalid);
  }
  assert_int_equal(count_ever_made(scene), 0);
}

void release_of_one_machine_of_an_order_leaves_its_neighbours_alone(void**) {
  if (!takes_many()) skip();
  Scene scene;
  order_three(scene);
  await("three running machines", [&] { return count_running(scene, 1) == 3; });
  const auto before = list_alive(scene, 1);
  const Ids one{before[1].id};
  assert_true(value_of(scene.provider->release(one)).accepted == one);
  await("the end of the machine", [&] { return list_alive(scene, 1).size() == 2; });
  const auto after = list_alive(scene, 1);
  assert_string_equal(after[0].id.c_str(), before[0].id.c_str());
  assert_string_equal(after[1].id.c_str(), before[2].id.c_str());
  assert_int_equal(count_running(scene, 1), 2);
}

// The cloud may refuse it until the machine runs; it may never end another.
void release_of_one_machine_of_an_order_that_is_built_leaves_its_neighbours_alone(void**) {
  if (!takes_many()) skip();
  Scene scene;
  order_three(scene);
  await("a release that is accepted", [&] {
    const auto machines = list_alive(scene, 1);
    assert_int_equal(machines.size(), 3);
    const auto released = scene.provider->release({machines[0].id});
    if (!released) assert_error(released, ErrorCode::kTransient);
    return released && released->accepted == Ids{machines[0].id};
  });
  await("two running machines",
        [&] { return list_alive(scene, 1).size() == 2 && count_running(scene, 1) == 2; });
}

void release_of_all_machines_of_an_order_ends_them(void**) {
  if (!takes_many()) skip();
  Scene scene;
  order_three(scene);
  end_machines_of(scene, {1});
  await("the end of all machines", [&] { return list_alive(scene).empty(); });
}

void running_machines_of_an_order_can_be_released_one_by_one(void**) {
  if (!takes_many()) skip();
  Scene scene;
  order_three(scene);
  await("three running machines", [&] { return count_running(scene, 1) == 3; });
  for (std::size_t left = 3; left > 0; --left) {
    const Ids one{list_alive(scene, 1).front().id};
    assert_true(value_of(scene.provider->release(one)).accepted == one);
    await("the end of the machine", [&] { return list_alive(scene, 1).size() < left; });
    assert_int_equal(list_alive(scene, 1).size(), left - 1);
  }
}

}  // namespace

int try_orders_of_many(const std::string& name) {
  const CMUnitTest tests[] = {
      cmocka_unit_test(order_of_many_is_one_call_whose_machines_share_a_mark),
      cmocka_unit_test(order_of_many_that_got_lost_is_found_whole_by_its_mark),
      cmocka_unit_test(order_of_more_than_there_are_gives_what_it_says),
      cmocka_unit_test(order_of_more_than_one_call_may_ask_is_invalid),
      cmocka_unit_test(release_of_one_machine_of_an_order_leaves_its_neighbours_alone),
      cmocka_unit_test(
          release_of_one_machine_of_an_order_that_is_built_leaves_its_neighbours_alone),
      cmocka_unit_test(release_of_all_machines_of_an_order_ends_them),
      cmocka_unit_test(running_machines_of_an_order_can_be_released_one_by_one),
  };
  const auto group = name + ".many";
  return cmocka_run_group_tests_name(group.c_str(), tests, nullptr, nullptr);
}

}  // namespace spillway::contract
