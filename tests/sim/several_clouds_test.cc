// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clouds side by side in one world.
#include <string>

#include "tests/sim/lambda_world.h"
#include "tests/sim/voltage_park_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

// Lambda and Voltage Park, with a machine ordered at each.
class Both {
 public:
  Both() : world(scenario()) {
    order("/lambda/api/v1/instance-operations/launch", LambdaWorld::launch_body(), 200);
    order("/voltage-park/api/v1/bare-metal/", VoltageParkWorld::order_body(16), 201);
  }

  CloudWorld world;

 private:
  static std::string scenario() {
    Json both = *Json::parse(kScenario, "lambda");
    const Json other = *Json::parse(kVoltagePark, "voltage-park");
    both.get("api_keys").set("voltage-park", "the-key");
    return both.set("voltage-park", other.get("voltage-park")).dump();
  }
  void order(const char* path, const std::string& body, int status) {
    ApiRequest request;
    request.method = "POST";
    request.path = path;
    request.headers = {{"authorization", "Bearer the-key"}, {"content-type", "application/json"}};
    request.body = body;
    const Served served = world.serve(request);
    if (served.answer.status != status) fail_msg("%s: %s", path, served.answer.body.c_str());
  }
};

void machines_of_all_are_shown_with_their_provider(void**) {
  Both both;
  const Json machines = both.world.admin("/sim/machines").get("machines");
  assert_int_equal(machines.size(), 3);
  assert_string_equal(text_in(machines.at(0), "provider").c_str(), "lambda");
  assert_true(text_in(machines.at(0), "address").rfind("127.77.", 0) == 0);
  for (std::size_t i = 1; i < 3; ++i) {
    assert_string_equal(text_in(machines.at(i), "provider").c_str(), "voltage-park");
    assert_true(text_in(machines.at(i), "address").rfind("127.78.", 0) == 0);
  }
}

void invoice_adds_up_all(void**) {
  Both both;
  both.world.clock.advance(std::chrono::seconds(160));
  const Json invoice = both.world.admin("/sim/invoice");
  assert_int_equal(invoice.get("lines").size(), 3);
  // A minute of one at Lambda, from when it was up; three of two nodes, from the order.
  assert_int_equal(invoice.integer("total_microusd").value_or(0), 532'000 + 2 * 996'000);
}

void each_has_its_own_rates(void**) {
  Both both;
  const Json clouds = both.world.admin("/sim/rates").get("clouds");
  assert_int_equal(clouds.size(), 2);
  for (std::size_t i = 0; i < 2; ++i) {
    if (clouds.at(i).integer("requests") != 1 || clouds.at(i).integer("orders") != 1)
      fail_msg("%s", clouds.dump().c_str());
  }
  assert_string_equal(text_in(clouds.at(1), "provider").c_str(), "voltage-park");
}

void journal_tells_the_order_of_calls(void**) {
  Both both;
  const Json requests = both.world.admin("/sim/requests").get("requests");
  assert_int_equal(requests.at(0).get("launch").integer("machines").value_or(0), 1);
  assert_int_equal(requests.at(1).get("launch").integer("machines").value_or(0), 2);
}

void paths_of_no_cloud_are_not_found(void**) {
  Both both;
  assert_int_equal(both.world.serve("GET", "/hyperspace/v1/instances").answer.status, 404);
  assert_int_equal(both.world.serve("GET", "/voltage-park/api/v1").answer.status, 404);
}

void changes_reach_the_cloud_that_is_named(void**) {
  Both both;
  const std::string change = R"("type":"infiniband","price_cents_per_hour":1})";
  assert_int_equal(both.world.change("/sim/prices", R"({"provider":"voltage-park",)" + change),
                   200);
  assert_int_equal(both.world.change("/sim/prices", R"({"provider":"lambda",)" + change), 400);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(machines_of_all_are_shown_with_their_provider),
      cmocka_unit_test(invoice_adds_up_all),
      cmocka_unit_test(each_has_its_own_rates),
      cmocka_unit_test(journal_tells_the_order_of_calls),
      cmocka_unit_test(paths_of_no_cloud_are_not_found),
      cmocka_unit_test(changes_reach_the_cloud_that_is_named),
  };
  return cmocka_run_group_tests_name("sim.several_clouds", tests, nullptr, nullptr);
}
