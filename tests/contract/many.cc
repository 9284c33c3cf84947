// SPDX-License-Identifier: GPL-2.0-or-later
//
// Orders of several machines in one call, where the cloud takes such, and their parts' release.
#include <algorithm>
#include <utility>

#include "tests/contract/case.h"

namespace spillway::contract {
namespace {

OrderSpec make_spec_of(const Scene& scene, int machines) {
  auto spec = make_spec(scene, 1);
  spec.machines = machines;
  return spec;
}

Ids ids_of(const Machines& machines) {
  Ids ids;
  for (const auto& machine : machines)
    ids.push_back(machine.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

Ids order_three(Scene& scene) {
  auto ordered = value_of(scene.provider->order(make_spec_of(scene, 3)));
  assert_int_equal(ordered.ids.size(), 3);
  (void)await_listed(scene, 3);
  return std::move(ordered.ids);
}

// The ids of three machines that run: they do not change any more.
Ids run_three(Scene& scene) {
  order_three(scene);
  await(scene, "three running machines", [&] { return count_running(scene, 1) == 3; });
  return ids_of(list_alive(scene, 1));
}

void end_one(Scene& scene, const std::string& id) {
  const auto before = list_alive(scene, 1).size();
  assert_true(value_of(scene.provider->release({id})).accepted == Ids{id});
  await(scene, "the end of the machine", [&] { return list_alive(scene, 1).size() < before; });
}

void order_of_many_is_one_call_whose_machines_share_a_mark(Scene& scene) {
  auto ids = order_three(scene);
  std::sort(ids.begin(), ids.end());
  assert_true(std::unique(ids.begin(), ids.end()) == ids.end());
  assert_int_equal(list_alive(scene, 1).size(), 3);
  assert_int_equal(count_made(scene), 3);
}

void order_of_many_that_got_lost_is_found_whole_by_its_mark(Scene& scene) {
  scene.sim->set_fault(scene.row->simulated.order_call, "error_after");
  assert_error(scene.provider->order(make_spec_of(scene, 3)), ErrorCode::kUnknownOutcome);
  assert_int_equal(list_alive(scene, 1).size(), 3);
}

void order_of_more_than_there_are_gives_what_it_says(Scene& scene) {
  const auto stock = static_cast<std::size_t>(*scene.offer.stock);
  const auto ordered = scene.provider->order(make_spec_of(scene, *scene.offer.stock + 1));
  if (!ordered) assert_error(ordered, ErrorCode::kNoCapacity);
  const auto given = ordered ? ordered->ids.size() : 0;
  assert_true(given <= stock);
  assert_int_equal(count_made(scene), given);
  assert_int_equal(list_alive(scene).size(), given);
}

void release_of_one_machine_of_an_order_leaves_its_neighbours_alone(Scene& scene) {
  const auto before = run_three(scene);
  end_one(scene, before[1]);
  assert_true(ids_of(list_alive(scene, 1)) == Ids({before[0], before[2]}));
  assert_int_equal(count_running(scene, 1), 2);
}

// The cloud may refuse it until the machine runs; it may never end another.
void release_of_one_machine_of_an_order_that_is_built_leaves_its_neighbours_alone(Scene& scene) {
  order_three(scene);
  await(scene, "a release that is accepted", [&] {
    const auto machines = list_alive(scene, 1);
    assert_int_equal(machines.size(), 3);
    const auto released = scene.provider->release({machines[0].id});
    if (!released) assert_error(released, ErrorCode::kTransient);
    return released && released->accepted == Ids{machines[0].id};
  });
  await(scene, "two running machines", [&] {
    return list_alive(scene, 1).size() == 2 && count_running(scene, 1) == 2;
  });
}

void release_of_all_machines_of_an_order_ends_them(Scene& scene) {
  order_three(scene);
  end_machines_of(scene, {1});
  await(scene, "the end of all machines", [&] { return list_alive(scene).empty(); });
}

void running_machines_of_an_order_can_be_released_one_by_one(Scene& scene) {
  run_three(scene);
  for (std::size_t left = 3; left > 0; --left) {
    end_one(scene, list_alive(scene, 1).front().id);
    assert_int_equal(list_alive(scene, 1).size(), left - 1);
  }
}

}  // namespace

std::vector<Case> many_cases() {
  return {
      CASE(order_of_many_is_one_call_whose_machines_share_a_mark,
           .machines = 3,
           .many_per_order = true),
      CASE(order_of_many_that_got_lost_is_found_whole_by_its_mark,
           .machines = 3,
           .many_per_order = true,
           .simulated = kErrsOnDemand),
      CASE(order_of_more_than_there_are_gives_what_it_says,
           .machines = 3,
           .many_per_order = true,
           .simulated = kKeepsItsStock),
      CASE(release_of_one_machine_of_an_order_leaves_its_neighbours_alone,
           .machines = 3,
           .many_per_order = true),
      CASE(release_of_one_machine_of_an_order_that_is_built_leaves_its_neighbours_alone,
           .machines = 3,
           .many_per_order = true),
      CASE(release_of_all_machines_of_an_order_ends_them, .machines = 3, .many_per_order = true),
      CASE(running_machines_of_an_order_can_be_released_one_by_one,
           .machines = 3,
           .many_per_order = true),
  };
}

}  // namespace spillway::contract
