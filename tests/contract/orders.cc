// SPDX-License-Identifier: GPL-2.0-or-later
//
// Orders of one machine, and how it is listed.
#include "tests/contract/case.h"

namespace spillway::contract {
namespace {

// A cloud may not tell everything of its machines; what it tells must be right.
bool may_be(const std::string& told, const std::string& right) {
  return told.empty() || told == right;
}

void assert_is_of_the_order(const Scene& scene, const CloudMachine& machine, std::int64_t call) {
  const auto& offer = scene.offer;
  assert_true(machine.mark == make_spec(scene, call).mark);
  assert_true(may_be(machine.offer.region, offer.id.region));
  assert_true(may_be(machine.offer.type, offer.id.type));
  assert_true(may_be(machine.offer.fabric, offer.id.fabric));
  assert_true(!machine.price_per_hour || machine.price_per_hour == offer.price_per_hour);
}

void ordered_machine_is_listed_with_its_mark(Scene& scene) {
  order_one(scene, 1);
  assert_is_of_the_order(scene, await_listed(scene, 1)[0], 1);
}

void machine_starts_to_run_and_gets_an_address(Scene& scene) {
  order_one(scene, 1);
  (void)await_listed(scene, 1);
  await(scene, "a running machine", [&] {
    const auto machines = list(scene);
    return machines.size() == 1 && machines[0].state == CloudState::kRunning &&
           !machines[0].address.empty();
  });
  assert_is_of_the_order(scene, list(scene)[0], 1);
}

void machine_that_fails_its_health_check_is_told(Scene& scene) {
  if (!scene.row->tells_unhealthy) skip_case("the cloud's list tells nothing of it");
  scene.sim->set_faults(R"([{"match":{"machine":"next"},"do":"unhealthy","times":1}])");
  order_one(scene, 1);
  await(scene, "an unhealthy machine", [&] {
    const auto machines = list(scene);
    return machines.size() == 1 && machines[0].state == CloudState::kUnhealthy;
  });
}

void orders_beyond_the_stock_are_refused_for_capacity(Scene& scene) {
  const int stock = *scene.offer.stock;
  for (int call = 1; call <= stock; ++call)
    order_one(scene, call);
  assert_error(scene.provider->order(make_spec(scene, stock + 1)), ErrorCode::kNoCapacity);
  assert_int_equal(list(scene).size(), stock);
  assert_true(find_offer(value_of(scene.provider->offers()), scene.offer.id).stock == 0);
}

void order_of_a_sold_out_offer_is_refused_for_capacity(Scene& scene) {
  assert_error(scene.provider->order(make_spec(scene, 1, scene.sold_out)), ErrorCode::kNoCapacity);
  assert_int_equal(count_made(scene), 0);
}

void order_of_an_unknown_type_is_invalid(Scene& scene) {
  auto offer = scene.offer.id;
  offer.type = "no-such-type";
  assert_error(scene.provider->order(make_spec(scene, 1, offer)), ErrorCode::kInvalid);
  assert_int_equal(count_made(scene), 0);
}

// Whose name differs in the last letter.
void machine_of_another_cluster_is_never_listed(Scene& scene) {
  order_one(scene, 1);
  auto other = make_spec(scene, 2);
  other.mark.cluster += "1";
  (void)value_of(scene.provider->order(other));
  (void)await_listed(scene, 1);
  await(scene, "the other cluster's machine", [&] {
    bool is_listed = false;
    for (const auto& machine : value_of(scene.provider->machines(other.mark.cluster))) {
      assert_true(machine.mark.cluster == other.mark.cluster);
      is_listed = is_listed || machine.mark == other.mark;
    }
    return is_listed;
  });
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_is_of_the_order(scene, machines[0], 1);
}

void machines_of_others_are_never_listed(Scene& scene) {
  scene.sim->order_for_others();
  assert_int_equal(list(scene).size(), 0);
  assert_int_equal(value_of(scene.provider->machines("hpc11")).size(), 1);
  order_one(scene, 1);
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_is_of_the_order(scene, machines[0], 1);
}

void wrong_key_is_unauthorized_whatever_is_changed(Scene& scene) {
  const auto provider = scene.connect("wrong-key");
  assert_error(provider->order(make_spec(scene, 1)), ErrorCode::kUnauthorized);
  assert_error(provider->release({scene.row->unknown_id}), ErrorCode::kUnauthorized);
  assert_int_equal(count_made(scene), 0);
}

}  // namespace

std::vector<Case> order_cases() {
  return {
      CASE(ordered_machine_is_listed_with_its_mark, .machines = 1),
      CASE(machine_starts_to_run_and_gets_an_address, .machines = 1),
      CASE(machine_that_fails_its_health_check_is_told, .machines = 1, .simulated = kErrsOnDemand),
      CASE(orders_beyond_the_stock_are_refused_for_capacity,
           .machines = 3,
           .simulated = kKeepsItsStock),
      CASE(order_of_a_sold_out_offer_is_refused_for_capacity, .machines = 1, .sold_out = true),
      CASE(order_of_an_unknown_type_is_invalid, .machines = 1),
      CASE(machine_of_another_cluster_is_never_listed, .machines = 2),
      CASE(machines_of_others_are_never_listed, .machines = 1, .simulated = kHousesOthers),
      CASE(wrong_key_is_unauthorized_whatever_is_changed, .machines = 1),
  };
}

}  // namespace spillway::contract
