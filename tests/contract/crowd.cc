// SPDX-License-Identifier: GPL-2.0-or-later
//
// A list of very many machines, ours among those of others.
#include <algorithm>
#include <set>

#include "tests/contract/case.h"

namespace spillway::contract {
namespace {

// Every second order is ours; the others take turns.
std::string name_of_order(const Scene& scene, int number) {
  if (number % 2 == 0) return format_mark(make_spec(scene, number + 1).mark);
  const std::string name = kForeignNames[static_cast<std::size_t>(number / 2) % 2];
  return name + std::to_string(number);
}

void order_crowd(Scene& scene) {
  const auto& sim = scene.row->simulated;
  HandOrder order;
  for (int left = sim.crowd; left > 0; left -= order.machines) {
    order.name = name_of_order(scene, order.number);
    order.machines = std::min(left, sim.by_hand_per_order);
    scene.sim->order_by_hand(order);
    ++order.number;
  }
}

// An address is what clouds and drivers alike tell a machine by, once it runs.
std::set<std::string> addresses_of_ours(Scene& scene) {
  std::set<std::string> addresses;
  await(scene, "machines that run", [&] {
    addresses.clear();
    const auto ours = scene.sim->look_into_cloud("spillway-" + scene.mark.cluster + "-");
    for (const auto& machine : ours)
      addresses.insert(machine.string("address").value_or(""));
    assert_int_equal(addresses.size(), ours.size());
    return std::all_of(ours.begin(), ours.end(), [](const Json& machine) {
      return machine.string("status") == "active";
    });
  });
  return addresses;
}

void list_of_a_crowd_has_each_of_ours_once_and_no_other(Scene& scene) {
  order_crowd(scene);
  const auto crowd = scene.row->simulated.crowd;
  assert_int_equal(scene.sim->look_into_cloud("").size(), crowd);
  const auto ours = addresses_of_ours(scene);
  assert_in_range(ours.size(), crowd * 2 / 5, crowd * 3 / 5);

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

std::vector<Case> crowd_cases() {
  return {CASE(list_of_a_crowd_has_each_of_ours_once_and_no_other, .simulated = kHousesOthers)};
}

}  // namespace spillway::contract
