// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/scenario.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Scenario parse(const std::string& text) {
  auto scenario = parse_scenario(text, "s.json");
  if (!scenario) fail_msg("%s", scenario.error().message.c_str());
  return *std::move(scenario);
}

const CloudScenario& cloud_of(const Scenario& scenario, const char* provider) {
  const CloudScenario* cloud = scenario.find(provider);
  if (cloud == nullptr) fail_msg("%s is not served", provider);
  return *cloud;
}

void empty_scenario_is_lambda_as_it_is(void**) {
  const Scenario scenario = parse("{}");
  assert_int_equal(scenario.clouds.size(), 1);
  const CloudScenario& lambda = cloud_of(scenario, "lambda");
  assert_string_equal(lambda.prefix.c_str(), "/lambda/api/v1");
  assert_true(lambda.rates.orders.interval == seconds(12));
  assert_true(lambda.rates.requests.interval == seconds(1));
  assert_true(lambda.cloud.billing.quantum == seconds(60));
  assert_false(lambda.cloud.billing.from_order);
  assert_true(lambda.cloud.types.size() >= 2);
  assert_true(scenario.backend == MachineBackend::kProcess);
  assert_false(scenario.node_gpus.has_value());
}

void every_key_is_read(void**) {
  const Scenario scenario = parse(R"({
    "api_keys": {"lambda": "k"}, "seed": 7,
    "lambda": {"regions": ["us-east-1", "moon-1"],
      "types": {"t": {"price_cents_per_hour": 5, "vcpus": 1, "memory_gib": 2, "storage_gib": 3,
        "gpus": 4, "gpu_description": "G", "description": "D", "capacity": {"moon-1": 6}}},
      "ssh_keys": ["a", "b"], "file_systems": [{"name": "f", "region": "moon-1"}],
      "boot_seconds": [0.5, 4], "list_delay_seconds": 1.25, "terminate_seconds": [2, 2],
      "launch_interval_seconds": 12, "request_interval_seconds": 1, "rate_scale": 0.1,
      "billing_quantum_seconds": 1, "minimum_seconds": 3600, "quota": 3,
      "overbooks": true},
    "machines": {"backend": "none", "node_gpus": 2, "shared_folder": "/home"}})");
  const CloudScenario& account = cloud_of(scenario, "lambda");
  const SimCloudSettings& cloud = account.cloud;
  assert_string_equal(account.api_key.reveal().c_str(), "k");
  assert_int_equal(cloud.seed, 7);
  assert_string_equal(cloud.regions[0].description.c_str(), "Virginia, USA");
  assert_string_equal(cloud.regions[1].name.c_str(), "moon-1");
  assert_int_equal(cloud.types.size(), 1);
  assert_int_equal(cloud.types[0].price_per_hour.micros(), 50'000);
  assert_int_equal(cloud.types[0].gpus, 4);
  assert_string_equal(cloud.types[0].description.c_str(), "D");
  assert_int_equal(cloud.types[0].capacity.at("moon-1"), 6);
  assert_int_equal(account.ssh_keys.size(), 2);
  assert_true(cloud.boot.least == milliseconds(500) && cloud.boot.most == seconds(4));
  assert_true(cloud.list_delay == milliseconds(1250));
  assert_true(account.rates.orders.interval == milliseconds(1200));
  assert_true(account.rates.requests.interval == milliseconds(100));
  assert_true(cloud.billing.quantum == seconds(1) && cloud.billing.minimum == seconds(3600));
  assert_int_equal(cloud.quota.value_or(0), 3);
  assert_true(cloud.overbooks);
  assert_true(scenario.backend == MachineBackend::kNone);
  assert_int_equal(scenario.node_gpus.value_or(0), 2);
  assert_string_equal(scenario.shared_folder.c_str(), "/home");
}

void rate_scale_zero_lifts_the_limits_and_leaves_what_is_documented(void**) {
  const Scenario scenario = parse(R"({"lambda": {"rate_scale": 0}})");
  const CloudScenario& lambda = cloud_of(scenario, "lambda");
  assert_true(lambda.rates.orders.interval == milliseconds(0));
  assert_true(lambda.rates.requests.interval == milliseconds(0));
  assert_true(lambda.documented_rates.orders.interval == seconds(12));
}

void built_in_types_keep_to_the_regions_of_the_file(void**) {
  const Scenario scenario = parse(R"({"lambda": {"regions": ["us-east-1"]}})");
  for (const SimType& type : cloud_of(scenario, "lambda").cloud.types) {
    for (const auto& [region, machines] : type.capacity) {
      if (region != "us-east-1") fail_msg("%s in %s", type.name.c_str(), region.c_str());
    }
  }
}

void type_that_says_little_is_as_is_usual_and_has_no_machine(void**) {
  const Scenario scenario = parse(R"({"lambda": {"types": {"t": {}}}})");
  const SimType& type = cloud_of(scenario, "lambda").cloud.types.front();
  assert_int_equal(type.price_per_hour.micros(), 31'920'000);
  assert_int_equal(type.gpus, 8);
  assert_string_equal(type.description.c_str(), "8x H100 (80 GB SXM5)");
  assert_true(type.capacity.empty());
}

void only_clouds_that_are_mentioned_are_served(void**) {
  struct Case {
    const char* text;
    bool lambda;
    bool voltage_park;
  };
  const Case cases[] = {
      {"{}", true, false},
      {R"({"seed": 2, "machines": {}})", true, false},
      {R"({"lambda": {}})", true, false},
      {R"({"voltage-park": {}})", false, true},
      {R"({"api_keys": {}})", true, false},
      {R"({"api_keys": {"voltage-park": "k"}})", false, true},
      {R"({"api_keys": {"lambda": "k"}, "voltage-park": {}})", true, true},
      {R"({"voltage-park": {}, "lambda": {}})", true, true},
  };
  for (const Case& each : cases) {
    const Scenario scenario = parse(each.text);
    if ((scenario.find("lambda") != nullptr) != each.lambda ||
        (scenario.find("voltage-park") != nullptr) != each.voltage_park)
      fail_msg("%s", each.text);
  }
}

void clouds_do_not_share_addresses(void**) {
  const Scenario scenario = parse(R"({"lambda": {}, "voltage-park": {}})");
  assert_int_equal(cloud_of(scenario, "lambda").cloud.network, 77);
  assert_int_equal(cloud_of(scenario, "voltage-park").cloud.network, 78);
}

void machines_in_namespaces_have_private_addresses(void**) {
  struct Case {
    const char* backend;
    MachineBackend is;
    const char* private_network;
  };
  const Case cases[] = {
      {"process", MachineBackend::kProcess, ""},
      {"none", MachineBackend::kNone, ""},
      {"namespace", MachineBackend::kNamespace, "10.0.2"},
  };
  for (const Case& each : cases) {
    const Scenario scenario =
        parse(std::string(R"({"lambda": {}, "voltage-park": {}, "machines": )") +
              R"({"backend": ")" + each.backend + "\"}}");
    if (scenario.backend != each.is) fail_msg("%s", each.backend);
    for (const CloudScenario& account : scenario.clouds)
      assert_string_equal(account.cloud.private_network.c_str(), each.private_network);
  }
}

void infiniband_is_where_the_type_has_it(void**) {
  struct Case {
    const char* cloud;
    const char* types;
    const char* type;
    int ports;
  };
  const Case cases[] = {
      {"lambda", R"({"t": {}})", "t", 0},
      {"lambda", R"({"t": {"infiniband_ports": 4}})", "t", 4},
      {"voltage-park", R"({"infiniband": {}, "ethernet": {}})", "infiniband", 8},
      {"voltage-park", R"({"infiniband": {}, "ethernet": {}})", "ethernet", 0},
      {"voltage-park", R"({"infiniband": {"infiniband_ports": 2}})", "infiniband", 2},
  };
  for (const Case& each : cases) {
    const Scenario scenario =
        parse("{\"" + std::string(each.cloud) + R"(": {"types": )" + each.types + "}}");
    for (const SimType& type : cloud_of(scenario, each.cloud).cloud.types) {
      if (type.name == each.type && type.infiniband_ports != each.ports)
        fail_msg("%s %s: %d", each.types, each.type, type.infiniband_ports);
    }
  }
  const Scenario built_in = parse(R"({"voltage-park": {}})");
  assert_int_equal(cloud_of(built_in, "voltage-park").cloud.types[1].infiniband_ports, 8);
}

void empty_voltage_park_is_as_its_documents_say(void**) {
  const Scenario scenario = parse(R"({"voltage-park": {}})");
  const CloudScenario& account = cloud_of(scenario, "voltage-park");
  assert_string_equal(account.prefix.c_str(), "/voltage-park/api/v1");
  assert_string_equal(account.api_key.reveal().c_str(), "simulated-voltage-park-key");
  assert_true(account.cloud.ids == SimIds::kUuid);
  assert_true(account.cloud.billing.from_order);
  assert_true(account.rates.requests.interval == milliseconds(0));
  assert_int_equal(account.cloud.types.size(), 6);
  assert_int_equal(account.cloud.types[1].price_per_hour.micros(), 8 * 2'490'000);
}

void mistakes_are_refused_with_their_place(void**) {
  struct Case {
    const char* text;
    const char* says;
  };
  const Case cases[] = {
      {"", "s.json"},
      {"[]", "must be an object"},
      {"{\"seed\":1", "s.json"},
      {R"({"sede":1})", "sede"},
      {R"({"seed":-1})", "seed"},
      {R"({"seed":"1"})", "seed"},
      {R"({"api_keys":{"moon":"x"}})", "moon"},
      {R"({"api_keys":{"lambda":5}})", "lambda"},
      {R"({"api_keys":{"lambda":""}})", "must not be empty"},
      {R"({"api_keys":[]})", "api_keys"},
      {R"({"lambda":[]})", "lambda"},
      {R"({"lambda":{"region":[]}})", "region"},
      {R"({"lambda":{"regions":"x"}})", "regions"},
      {R"({"lambda":{"regions":[1]}})", "regions"},
      {R"({"lambda":{"types":[]}})", "types"},
      {R"({"lambda":{"types":{"t":{"price":1}}}})", "price"},
      {R"({"lambda":{"types":{"t":{"price_cents_per_hour":1.5}}}})", "price_cents_per_hour"},
      {R"({"lambda":{"types":{"t":{"price_cents_per_hour":-1}}}})", "price_cents_per_hour"},
      {R"({"lambda":{"types":{"t":{"gpus":"8"}}}})", "gpus"},
      {R"({"lambda":{"types":{"t":{"capacity":{"moon-1":1}}}}})", "moon-1"},
      {R"({"lambda":{"types":{"t":{"capacity":{"us-east-1":-1}}}}})", "us-east-1"},
      {R"({"lambda":{"ssh_keys":["a",2]}})", "ssh_keys"},
      {R"({"lambda":{"file_systems":{}}})", "file_systems"},
      {R"({"lambda":{"file_systems":[{"nam":"x"}]}})", "nam"},
      {R"({"lambda":{"boot_seconds":4}})", "boot_seconds"},
      {R"({"lambda":{"boot_seconds":[4]}})", "boot_seconds"},
      {R"({"lambda":{"boot_seconds":[8,4]}})", "boot_seconds"},
      {R"({"lambda":{"boot_seconds":[-1,4]}})", "boot_seconds"},
      {R"({"lambda":{"boot_seconds":["1","4"]}})", "boot_seconds"},
      {R"({"lambda":{"list_delay_seconds":"1"}})", "list_delay_seconds"},
      {R"({"lambda":{"list_delay_seconds":-1}})", "list_delay_seconds"},
      {R"({"lambda":{"rate_scale":-0.5}})", "rate_scale"},
      {R"({"lambda":{"quota":-1}})", "quota"},
      {R"({"lambda":{"overbooks":1}})", "overbooks"},
      {R"({"lambda":{"billing_quantum_seconds":0}})", "billing_quantum_seconds"},
      {R"({"lambda":{"minimum_seconds":-1}})", "minimum_seconds"},
      {R"({"api_keys":{"voltage-park":""}})", "api_keys.voltage-park"},
      {R"({"voltage-park":[]})", "voltage-park"},
      {R"({"voltage-park":{"file_systems":[]}})", "file_systems"},
      {R"({"lambda":{"balance":5}})", "balance"},
      {R"({"voltage-park":{"regions":["us-east-1"]}})", "us-east-1"},
      {R"({"voltage-park":{"types":{"ethernet":{"gpus":4}}}})", "types.ethernet"},
      {R"({"voltage-park":{"balance":-1}})", "balance"},
      {R"({"voltage-park":{"balance":"5"}})", "balance"},
      {R"({"voltage-park":{"capacity_refusal":400}})", "capacity_refusal"},
      {R"({"voltage-park":{"capacity_refusal":{"code":400}}})", "code"},
      {R"({"voltage-park":{"capacity_refusal":{"status":200}}})", "status"},
      {R"({"voltage-park":{"balance_refusal":{"status":600}}})", "status"},
      {R"({"voltage-park":{"balance_refusal":{"detail":1}}})", "detail"},
      {R"({"voltage-park":{"page_size":0}})", "page_size"},
      {R"({"voltage-park":{"page_size":16}})", "page_size"},
      {R"({"voltage-park":{"vm_storage_cents_per_hour":-1}})", "vm_storage_cents_per_hour"},
      {R"({"lambda":{"types":{"t":{"infiniband_ports":-1}}}})", "infiniband_ports"},
      {R"({"machines":{"backend":"cloud"}})", "backend"},
      {R"({"machines":{"backend":"namespaces"}})", "backend"},
      {R"({"machines":{"gpus":8}})", "gpus"},
      {R"({"machines":{"shared_folder":"home"}})", "shared_folder"},
      {R"({"machines":{"node_gpus":-1}})", "node_gpus"},
  };
  for (const Case& each : cases) {
    const auto scenario = parse_scenario(each.text, "s.json");
    if (scenario) fail_msg("accepted: %s", each.text);
    if (scenario.error().code != ErrorCode::kInvalid ||
        scenario.error().message.find(each.says) == std::string::npos)
      fail_msg("%s: %s", each.text, scenario.error().message.c_str());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(empty_scenario_is_lambda_as_it_is),
      cmocka_unit_test(every_key_is_read),
      cmocka_unit_test(rate_scale_zero_lifts_the_limits_and_leaves_what_is_documented),
      cmocka_unit_test(built_in_types_keep_to_the_regions_of_the_file),
      cmocka_unit_test(type_that_says_little_is_as_is_usual_and_has_no_machine),
      cmocka_unit_test(only_clouds_that_are_mentioned_are_served),
      cmocka_unit_test(clouds_do_not_share_addresses),
      cmocka_unit_test(machines_in_namespaces_have_private_addresses),
      cmocka_unit_test(infiniband_is_where_the_type_has_it),
      cmocka_unit_test(empty_voltage_park_is_as_its_documents_say),
      cmocka_unit_test(mistakes_are_refused_with_their_place),
  };
  return cmocka_run_group_tests_name("sim.scenario", tests, nullptr, nullptr);
}
