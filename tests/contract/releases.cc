// SPDX-License-Identifier: GPL-2.0-or-later
//
// Machines that were ordered one by one are given back.
#include <algorithm>

#include "tests/contract/scene.h"

namespace spillway::contract {
namespace {

void release_of_one_of_many_ends_that_one_alone(void**) {
  Scene scene;
  for (const std::int64_t call : {1, 2, 3})
    order_one(scene, call);
  const auto released = end_machines_of(scene, {2});
  assert_int_equal(released.accepted.size(), 1);
  assert_int_equal(released.at.time_since_epoch().count() % 1000, 0);  // by the cloud's clock
  await("the end of the machine", [&] { return list_alive(scene, 2).empty(); });
  assert_int_equal(list_alive(scene, 1).size(), 1);
  assert_int_equal(list_alive(scene, 3).size(), 1);
}

void release_of_many_ends_them_all(void**) {
  Scene scene;
  std::vector<std::int64_t> calls;
  for (int call = 1; call <= row().stock; ++call) {
    order_one(scene, call);
    calls.push_back(call);
  }
  end_machines_of(scene, calls);
  await("the end of all machines", [&] { return list_alive(scene).empty(); });
}

void released_machine_leaves_the_list_or_is_shown_as_gone(void**) {
  Scene scene;
  order_one(scene, 1);
  end_machines_of(scene, {1});
  await("a machine that is gone", [&] {
    const auto machines = list(scene);
    return std::all_of(machines.begin(), machines.end(), [](const CloudMachine& machine) {
      return machine.state == CloudState::kGone;
    });
  });
}

void release_can_be_repeated(void**) {
  Scene scene;
  const auto id = order_one(scene, 1);
  end_machines_of(scene, {1});
  for (int time = 2; time <= 4; ++time) {
    const auto released = value_of(scene.provider->release({id}));
    if (released.accepted != Ids{id}) fail_msg("refused at time %d", time);
  }
}

void release_of_an_unknown_machine_counts_as_done(void**) {
  Scene scene;
  const Ids ids{row().unknown_id};
  assert_true(value_of(scene.provider->release(ids)).accepted == ids);
}

void unknown_machine_among_others_does_not_keep_them(void**) {
  Scene scene;
  order_one(scene, 1);
  order_one(scene, 2);
  end_machines_of(scene, {1, 2}, {row().unknown_id});
  await("the end of both machines", [&] { return list_alive(scene).empty(); });
}

void let_vanish(Scene& scene, std::int64_t call) {
  const auto found = look_into_cloud(scene, format_mark(make_spec(call).mark));
  assert_int_equal(found.size(), 1);
  scene.cloud.set_faults(R"([{"match":{"machine":")" + found[0].string("id").value_or("") +
                         R"("},"do":"vanishes"}])");
}

bool is_listed(Scene& scene, std::int64_t call) {
  const auto machines = list(scene);
  return std::any_of(machines.begin(), machines.end(), [&](const CloudMachine& machine) {
    return machine.mark.call == call;
  });
}

void machine_that_vanishes_leaves_the_list_and_counts_as_released(void**) {
  Scene scene;
  for (const std::int64_t call : {1, 2, 3})
    order_one(scene, call);
  await("three running machines", [&] { return count_running(scene) == 3; });
  const Ids lost{list_alive(scene, 2).front().id};
  let_vanish(scene, 2);
  await("a list without the machine", [&] { return !is_listed(scene, 2); });
  assert_int_equal(count_running(scene), 2);
  assert_true(value_of(scene.provider->release(lost)).accepted == lost);
  assert_int_equal(list_alive(scene, 1).size(), 1);
  assert_int_equal(list_alive(scene, 3).size(), 1);
}

// Fails when it no longer will.
bool is_running_in_cloud(Scene& scene, const char* name) {
  const auto found = look_into_cloud(scene, name);
  assert_int_equal(found.size(), 1);
  const auto status = found[0].string("status").value_or("");
  if (status != "booting" && status != "active") fail_msg("%s is %s", name, status.c_str());
  return status == "active";
}

void release_of_all_ours_leaves_the_machines_of_others_running(void**) {
  Scene scene;
  order_for_others(scene);
  order_one(scene, 1);
  assert_int_equal(list(scene).size(), 1);
  end_machines_of(scene, {1});
  await("the end of our machine", [&] { return list_alive(scene).empty(); });
  for (const char* name : kForeignNames)
    await(name, [&] { return is_running_in_cloud(scene, name); });
}

}  // namespace

int try_releases(const std::string& name) {
  const CMUnitTest tests[] = {
      cmocka_unit_test(release_of_one_of_many_ends_that_one_alone),
      cmocka_unit_test(release_of_many_ends_them_all),
      cmocka_unit_test(released_machine_leaves_the_list_or_is_shown_as_gone),
      cmocka_unit_test(release_can_be_repeated),
      cmocka_unit_test(release_of_an_unknown_machine_counts_as_done),
      cmocka_unit_test(unknown_machine_among_others_does_not_keep_them),
      cmocka_unit_test(machine_that_vanishes_leaves_the_list_and_counts_as_released),
      cmocka_unit_test(release_of_all_ours_leaves_the_machines_of_others_running),
  };
  const auto group = name + ".releases";
  return cmocka_run_group_tests_name(group.c_str(), tests, nullptr, nullptr);
}

}  // namespace spillway::contract
