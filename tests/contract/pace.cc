// SPDX-License-Identifier: GPL-2.0-or-later
//
// The driver's own pace on the host's clock, held against the rates that the cloud documents.
#include <thread>

#include "tests/contract/scene.h"

namespace spillway::contract {
namespace {

class CountingTransport final : public Transport {
 public:
  explicit CountingTransport(Transport& inner) : inner_(inner) {}
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override {
    ++sent;
    return inner_.send(request);
  }
  int sent = 0;

 private:
  Transport& inner_;
};

// The row's scenario, but with the cloud's limits in force.
std::string make_limited_scenario() {
  const auto& cloud = row().config.name;
  auto scenario = value_of(Json::parse(row().scenario, "scenario"));
  auto limited = scenario.get(cloud.c_str());
  scenario.set(cloud.c_str(), limited.set("rate_scale", 1));
  return scenario.dump();
}

bool sleep_for(std::chrono::milliseconds duration) {
  std::this_thread::sleep_for(duration);
  return true;
}

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

void driver_keeps_the_documented_rates(void**) {
  Scene scene(row().key, make_limited_scenario());
  CountingTransport counted(scene.transport);
  static const SystemClock clock;
  scene.provider = scene.connect(row().key, counted, clock, sleep_for);
  call_as_fast_as_the_driver_lets(scene);

  const auto rates = scene.cloud.get("/sim/rates").get("clouds").at(0);
  assert_true(rates.string("provider") == row().config.name);
  assert_true(rates.integer("requests") == counted.sent);
  assert_true(rates.integer("orders") == 2);
  assert_true(rates.integer("refused") == 0);
  assert_true(rates.integer("over_documented") == 0);
  // A hundredth less: the host's clock may be corrected meanwhile.
  const auto least = scene.provider->capabilities().between_orders.count() * 99 / 100;
  assert_true(rates.integer("least_ms_between_orders").value_or(0) >= least);
  scene.provider.reset();  // before what it works with
}

}  // namespace

int try_pace(const std::string& name) {
  const CMUnitTest tests[] = {cmocka_unit_test(driver_keeps_the_documented_rates)};
  return cmocka_run_group_tests_name(name.c_str(), tests, nullptr, nullptr);
}

}  // namespace spillway::contract
