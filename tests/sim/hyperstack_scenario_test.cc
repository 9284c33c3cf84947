// SPDX-License-Identifier: GPL-2.0-or-later
//
// The keys of the scenario that only Hyperstack has.
#include <string>

#include "sim/http/scenario.h"
#include "tests/sim/hyperstack_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

void default_account_is_as_documented(void**) {
  const auto scenario = parse_scenario(R"({"hyperstack":{}})", "s.json");
  assert_true(static_cast<bool>(scenario));
  assert_int_equal(scenario->clouds.size(), 1);
  const CloudScenario& account = scenario->clouds.front();
  assert_string_equal(account.prefix.c_str(), "/hyperstack/v1");
  assert_true(account.cloud.billing.quantum == std::chrono::seconds(60));
  assert_true(account.cloud.billing.minimum == std::chrono::seconds(60));
  assert_false(account.cloud.billing.from_order);
  assert_false(account.cloud.billing.unhealthy);
  assert_true(account.rates.requests.interval * 500 == std::chrono::minutes(1));
  assert_int_equal(account.rates.requests.spare_percent, 500 * 100);
}

// Sizes of one GPU at one price per GPU, and cores at one price.
constexpr const char* kTypes =
    R"("types":{"a":{"gpus":1,"price_cents_per_hour":250},)"
    R"("b":{"gpus":8,"price_cents_per_hour":2000},)"
    R"("c":{"gpus":1,"gpu_description":"L40","price_cents_per_hour":100},)"
    R"("d":{"gpus":0,"vcpus":4,"price_cents_per_hour":12},)"
    R"("e":{"gpus":0,"vcpus":8,"price_cents_per_hour":24}})";

void own_keys_are_accepted(void**) {
  const char* const cases[] = {
      R"("environments":[])",
      R"("environments":[{"name":"a","region":"CANADA-1"},{"name":"b","region":"CANADA-1"}])",
      R"("capacity_message":"none")",
      R"("partial_orders":true,"unique_names":true,"errors_as_200":true,"overbooks":true)",
      R"("credit_cents":0,"public_ip_microusd_per_hour":0)",
      R"("floating_ip_seconds":[0,0.5],"phase_seconds":[1,2])",
      kTypes,
  };
  for (const char* each : cases) {
    const auto scenario = parse_scenario(hyperstack_scenario(each), "s.json");
    if (!scenario) fail_msg("%s: %s", each, scenario.error().message.c_str());
  }
}

void mistakes_in_own_keys_are_refused(void**) {
  const struct {
    const char* members;
    const char* says;
  } cases[] = {
      {R"("environments":{})", "environments"},
      {R"("environments":["a"])", "environments"},
      {R"("environments":[{"name":"a","region":"MOON-1"}])", "MOON-1"},
      {R"("environments":[{"name":"a"}])", "environments"},
      {R"("environments":[{"name":"","region":"CANADA-1"}])", "environments"},
      {R"("environments":[{"name":"a","region":"CANADA-1"},{"name":"a","region":"NORWAY-1"}])",
       "environments"},
      {R"("environments":[{"name":"a","region":"CANADA-1","id":7}])", "id"},
      {R"("capacity_message":7)", "capacity_message"},
      {R"("partial_orders":1)", "partial_orders"},
      {R"("unique_names":"yes")", "unique_names"},
      {R"("errors_as_200":200)", "errors_as_200"},
      {R"("credit_cents":-1)", "credit_cents"},
      {R"("public_ip_microusd_per_hour":-1)", "public_ip_microusd_per_hour"},
      {R"("floating_ip_seconds":5)", "floating_ip_seconds"},
      {R"("phase_seconds":[2,1])", "phase_seconds"},
      {R"("file_systems":[])", "file_systems"},
      {R"("types":{"a":{"gpus":1,"price_cents_per_hour":250},"b":{"gpus":8,"price_cents_per_hour":2001}})",
       "types.b"},
      {R"("types":{"a":{"gpus":0,"vcpus":4,"price_cents_per_hour":12},)"
       R"("b":{"gpus":0,"vcpus":8,"price_cents_per_hour":12}})",
       "types.b"},
  };
  for (const auto& each : cases) {
    const auto scenario = parse_scenario(hyperstack_scenario(each.members), "s.json");
    if (scenario) fail_msg("accepted: %s", each.members);
    if (scenario.error().message.find(each.says) == std::string::npos)
      fail_msg("%s: %s", each.members, scenario.error().message.c_str());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(default_account_is_as_documented),
      cmocka_unit_test(own_keys_are_accepted),
      cmocka_unit_test(mistakes_in_own_keys_are_refused),
  };
  return cmocka_run_group_tests_name("sim.hyperstack_scenario", tests, nullptr, nullptr);
}
