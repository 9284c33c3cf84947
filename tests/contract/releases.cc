// SPDX-License-Identifier: GPL-2.0-or-later
//
// Machines that were ordered one by one are given back.
#include <algorithm>
#include <numeric>

#include "tests/contract/case.h"

namespace spillway::contract {
namespace {

void release_of_one_of_many_ends_that_one_alone(Scene& scene) {
  order_each(scene, {1, 2, 3});
  const auto released = end_machines_of(scene, {2});
  assert_int_equal(released.accepted.size(), 1);
  // By the cloud's clock: an answer's date is in whole seconds.
  assert_int_equal(released.at.time_since_epoch().count() % 1000, 0);
  await(scene, "the end of the machine", [&] { return list_alive(scene, 2).empty(); });
  assert_int_equal(list_alive(scene, 1).size(), 1);
  assert_int_equal(list_alive(scene, 3).size(), 1);
}

void release_of_many_ends_them_all(Scene& scene) {
  std::vector<std::int64_t> calls(static_cast<std::size_t>(scene.most_machines));
  std::iota(calls.begin(), calls.end(), 1);
  order_each(scene, calls);
  end_machines_of(scene, calls);
  await(scene, "the end of all machines", [&] { return list_alive(scene).empty(); });
}

void released_machine_leaves_the_list_or_is_shown_as_gone(Scene& scene) {
  order_each(scene, {1});
  end_machines_of(scene, {1});
  await(scene, "a machine that is gone", [&] {
    const auto machines = list(scene);
    return std::all_of(machines.begin(), machines.end(), [](const CloudMachine& machine) {
      return machine.state == CloudState::kGone;
    });
  });
}

void release_can_be_repeated(Scene& scene) {
  const auto id = order_one(scene, 1);
  (void)await_listed(scene, 1);
  end_machines_of(scene, {1});
  for (int time = 2; time <= 4; ++time) {
    const auto released = value_of(scene.provider->release({id}));
    if (released.accepted != Ids{id}) fail_msg("refused at time %d", time);
  }
}

void release_of_an_unknown_machine_counts_as_done(Scene& scene) {
  const Ids ids{scene.row->unknown_id};
  assert_true(value_of(scene.provider->release(ids)).accepted == ids);
}

void unknown_machine_among_others_does_not_keep_them(Scene& scene) {
  order_each(scene, {1, 2});
  end_machines_of(scene, {1, 2}, {scene.row->unknown_id});
  await(scene, "the end of both machines", [&] { return list_alive(scene).empty(); });
}

void let_vanish(Scene& scene, std::int64_t call) {
  const auto found = scene.sim->look_into_cloud(format_mark(make_spec(scene, call).mark));
  assert_int_equal(found.size(), 1);
  scene.sim->set_faults(R"([{"match":{"machine":")" + found[0].string("id").value_or("") +
                        R"("},"do":"vanishes"}])");
}

bool is_listed(Scene& scene, std::int64_t call) {
  const auto machines = list(scene);
  return std::any_of(machines.begin(), machines.end(), [&](const CloudMachine& machine) {
    return machine.mark.call == call;
  });
}

void machine_that_vanishes_leaves_the_list_and_counts_as_released(Scene& scene) {
  order_each(scene, {1, 2, 3});
  await(scene, "three running machines", [&] { return count_running(scene) == 3; });
  const Ids lost{list_alive(scene, 2).front().id};
  let_vanish(scene, 2);
  await(scene, "a list without the machine", [&] { return !is_listed(scene, 2); });
  assert_int_equal(count_running(scene), 2);
  assert_true(value_of(scene.provider->release(lost)).accepted == lost);
  assert_int_equal(list_alive(scene, 1).size(), 1);
  assert_int_equal(list_alive(scene, 3).size(), 1);
}

// Fails when it no longer will.
bool is_running_in_cloud(Scene& scene, const char* name) {
  const auto found = scene.sim->look_into_cloud(name);
  assert_int_equal(found.size(), 1);
  const auto status = found[0].string("status").value_or("");
  if (status != "booting" && status != "active") fail_msg("%s is %s", name, status.c_str());
  return status == "active";
}

void release_of_all_ours_leaves_the_machines_of_others_running(Scene& scene) {
  scene.sim->order_for_others();
  order_each(scene, {1});
  end_machines_of(scene, {1});
  await(scene, "the end of our machine", [&] { return list_alive(scene).empty(); });
  for (const char* name : kForeignNames)
    await(scene, name, [&] { return is_running_in_cloud(scene, name); });
}

}  // namespace

std::vector<Case> release_cases() {
  return {
      CASE(release_of_one_of_many_ends_that_one_alone, .machines = 3),
      CASE(release_of_many_ends_them_all, .machines = 3),
      CASE(released_machine_leaves_the_list_or_is_shown_as_gone, .machines = 1),
      CASE(release_can_be_repeated, .machines = 1),
      CASE(release_of_an_unknown_machine_counts_as_done, .machines = 1),
      CASE(unknown_machine_among_others_does_not_keep_them, .machines = 2),
      CASE(machine_that_vanishes_leaves_the_list_and_counts_as_released,
           .machines = 3,
           .simulated = kErrsOnDemand),
      CASE(release_of_all_ours_leaves_the_machines_of_others_running,
           .machines = 1,
           .simulated = kHousesOthers),
  };
}

}  // namespace spillway::contract
