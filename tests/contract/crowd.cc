// SPDX-License-Identifier: GPL-2.0-or-later
//
// A list of very many machines, ours among those of others.
#include <algorithm>
#include <set>

#include "tests/contract/scene.h"

namespace spillway::contract {
namespace {

constexpr const char* kOurs = "spillway-hpc1-";

// Every second order is ours; the others take turns.
std::string name_of_order(int number) {
  if (number % 2 == 0) return format_mark(make_spec(number + 1).mark);
  const std::string name = kForeignNames[static_cast<std::size_t>(number / 2) % 2];
  return name + std::to_string(number);
}

void order_crowd(Scene& scene) {
  HandOrder order;
  for (int left = row().crowd; left > 0; left -= order.machines) {
    order.name = name_of_order(order.number);
    order.machines = std::min(left, row().by_hand_per_order);
    order_by_hand(scene, order);
    ++order.number;
  }
}

// An address is what clouds and drivers alike tell a machine by, once it runs.
std::set<std::string> addresses_of_ours(Scene& scene) {
  std::set<std::string> addresses;
  await("machines that run", [&] {
    addresses.clear();
    const auto ours = look_into_cloud(scene, kOurs);
    for (const auto& machine : ours)
      addresses.insert(machine.string("address").value_or(""));
    assert_int_equal(addresses.size(), ours.size());
    return std::all_of(ours.begin(), ours.end(), [](const Json& machine) {
      return machine.string("status") == "active";
    });
  });
  return addresses;
}

void list_of_a_crowd_has_each_of_ours_once_and_no_other(void**) {
  Scene scene;
  // Past what keeps exchanges: so many rows would be held against the specification for minutes.
  scene.provider = scene.connect(row().key, *scene.network, scene.clock, scene.jump());
  order_crowd(scene);
  assert_int_equal(look_into_cloud(scene, "").size(), row().crowd);
  const auto ours = addresses_of_ours(scene);
  assert_in_range(ours.size(), row().crowd * 2 / 5, row().crowd * 3 / 5);

  const auto machines = list(scene);
  std::set<std::string> ids;
  std::set<std::string> addresses;
  for (const auto& machine : machines) {
    ids.insert(machine.id);
    addresses.insert(machine.address);
  }
  assert_int_equal(machines.size(), ours.size());
  assert_int_equal(ids.size(), ours.size());
  assert_true(addresses == ours);
}

}  // namespace

int try_crowd(const std::string& name) {
  const CMUnitTest tests[] = {cmocka_unit_test(list_of_a_crowd_has_each_of_ours_once_and_no_other)};
  return cmocka_run_group_tests_name(name.c_str(), tests, nullptr, nullptr);
}

}  // namespace spillway::contract
