// SPDX-License-Identifier: GPL-2.0-or-later
//
// The driver's own pace on the host's clock, held against the rates that the cloud documents.
#include "tests/contract/case.h"

namespace spillway::contract {
namespace {

void call_as_fast_as_the_driver_lets(Scene& scene) {
  assert_int_not_equal(value_of(scene.provider->offers()).size(), 0);
  order_one(scene, 1);
  order_one(scene, 2);
  for (int time = 0; time < 3; ++time)
    assert_int_equal(list(scene).size(), 2);
  end_machines_of(scene, {1, 2});
  end_machines_of(scene, {1, 2});
  assert_int_equal(list_alive(scene).size(), 0);
}

void driver_keeps_the_documented_rates(Scene& scene) {
  call_as_fast_as_the_driver_lets(scene);

  const auto rates = scene.sim->rates();
  assert_true(rates.string("provider") == scene.row->provider);
  assert_true(rates.integer("requests") == scene.sim->wire().sent);
  assert_true(rates.integer("orders") == 2);
  assert_true(rates.integer("refused") == 0);
  assert_true(rates.integer("over_documented") == 0);
  // A hundredth less: the host's clock may be corrected meanwhile.
  const auto least = scene.provider->capabilities().between_orders.count() * 99 / 100;
  assert_true(rates.integer("least_ms_between_orders").value_or(0) >= least);
}

}  // namespace

std::vector<Case> pace_cases() {
  return {CASE(driver_keeps_the_documented_rates,
               .machines = 2,
               .simulated = "counts its calls",
               .documented_rates = true)};
}

}  // namespace spillway::contract
