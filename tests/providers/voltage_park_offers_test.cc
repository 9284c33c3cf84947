// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "providers/voltage-park/offers.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr TimePoint kNow = from_unix_seconds(1'795'277'410);

Json parse(const std::string& text) {
  const auto json = Json::parse(text, "test");
  if (!json) fail_msg("no JSON: %s", text.c_str());
  return *json;
}

std::string location(const std::string& members) {
  return R"({"id":"3f2a","specs_per_node":{"gpu_model":"h100-sxm5-80gb","gpu_count":8,
             "cpu_model":"x","cpu_count":104,"ram_gb":1000,"storage_gb":15000},)" +
         members + "}";
}

std::string preset(const std::string& id, int gpus, const std::string& members) {
  return R"({"id":")" + id + R"(","resources":{"gpus":{"h100-sxm5-80gb":{"count":)" +
         std::to_string(gpus) + R"(}},"ram_gb":180,"storage_gb":500,"vcpu_count":26},)" + members +
         "}";
}

std::string vm_location(const std::string& presets) {
  return R"({"id":"77bb","available_presets":[)" + presets + "]}";
}

constexpr const char* kGood =
    R"("operating_system":"Ubuntu 22.04 LTS","compute_rate_hourly":"1.890000",
       "storage_rate_hourly":"0.02","available_vms":5)";

VoltageParkMarket read_nodes(const std::string& row, const ProviderConfig& config = {}) {
  VoltageParkMarketReader reader(config, kNow);
  const auto added = reader.add_location(parse(row));
  if (!added) fail_msg("%s: %s", added.error().message.c_str(), row.c_str());
  return reader.take();
}

VoltageParkMarket read_vms(const std::string& presets, const ProviderConfig& config = {}) {
  VoltageParkMarketReader reader(config, kNow);
  const auto added = reader.add_vm_location(parse(vm_location(presets)));
  if (!added) fail_msg("%s: %s", added.error().message.c_str(), presets.c_str());
  return reader.take();
}

void location_is_an_offer_a_network(void**) {
  const auto market = read_nodes(location(
      R"("gpu_count_ethernet":64,"gpu_price_ethernet":"1.99",
         "gpu_count_infiniband":129,"gpu_price_infiniband":"2.49",
         "reserved_gpu_count_infiniband_cluster_one":null)"));
  assert_int_equal(market.offers.size(), 2);
  const auto& ethernet = market.offers[0];
  assert_true((ethernet.id == OfferId{"voltage-park", "3f2a", "bare-metal", "ethernet"}));
  assert_string_equal(ethernet.gpu.c_str(), "h100");
  assert_int_equal(ethernet.gpus, 8);
  assert_int_equal(ethernet.cpus, 104);
  assert_int_equal(ethernet.memory_mib, 953'674);
  assert_false(ethernet.infiniband);
  assert_true(ethernet.price_per_hour == Money::from_cents(1592));
  assert_true(ethernet.price_source == PriceSource::kLive);
  assert_true(ethernet.seen_at == kNow);
  assert_true(ethernet.stock == 8);
  const auto& infiniband = market.offers[1];
  assert_string_equal(infiniband.id.fabric.c_str(), "infiniband");
  assert_true(infiniband.infiniband);
  assert_true(infiniband.price_per_hour == Money::from_cents(1992));
  assert_true(infiniband.stock == 16);  // of 129 GPUs: nodes are let whole
}

void price_that_stands_when_sold_out_is_no_stock(void**) {
  const auto market = read_nodes(location(R"("gpu_count_ethernet":0,"gpu_price_ethernet":"1.99")"));
  assert_int_equal(market.offers.size(), 1);
  assert_true(market.offers[0].stock == 0);
  assert_true(market.offers[0].price_per_hour == Money::from_cents(1592));
}

struct StockCase {
  const char* count;
  int stock;  // -1: unknown
};

void count_that_is_no_count_is_unknown_and_not_zero(void**) {
  for (const auto& [count, stock] : {StockCase{"7", 0},
                                     StockCase{"8", 1},
                                     StockCase{"9223372036854775807", 2'147'483'647},
                                     StockCase{"null", -1},
                                     StockCase{"-8", -1},
                                     StockCase{"\"64\"", -1},
                                     StockCase{"6.5", -1},
                                     StockCase{"[8]", -1}}) {
    const auto market = read_nodes(
        location(std::string(R"("gpu_price_ethernet":"1.99","gpu_count_ethernet":)") + count));
    assert_int_equal(market.offers.size(), 1);
    if (market.offers[0].stock.value_or(-1) != stock) fail_msg("%s", count);
  }
  assert_false(read_nodes(location(R"("gpu_price_ethernet":"1.99")")).offers[0].stock.has_value());
}

void price_that_is_none_is_unknown(void**) {
  for (const char* price : {"null", "0", "\"0.00\"", "\"\"", "\"1,99\"", "-1", "{}"}) {
    const auto market = read_nodes(
        location(std::string(R"("gpu_count_ethernet":64,"gpu_price_ethernet":)") + price));
    assert_int_equal(market.offers.size(), 1);
    if (market.offers[0].price_per_hour) fail_msg("price read: %s", price);
  }
}

void network_without_price_and_count_is_none(void**) {
  assert_true(read_nodes(location(R"("gpu_price_ethernet":null,"gpu_count_ethernet":null)"))
                  .offers.empty());
}

void unusual_nodes_are_a_type_of_their_own(void**) {
  const auto market = read_nodes(
      R"({"id":"3f2a","gpu_count_ethernet":64,"gpu_price_ethernet":"3",
          "specs_per_node":{"gpu_model":"h200-sxm5-141gb","gpu_count":4}})");
  assert_string_equal(market.offers[0].id.type.c_str(), "bare-metal-4x-h200-sxm5-141gb");
  assert_string_equal(market.offers[0].gpu.c_str(), "h200");
  assert_true(market.offers[0].price_per_hour == Money::from_cents(1200));
  assert_true(market.offers[0].stock == 16);
}

void nodes_of_unknown_shape_are_no_offer(void**) {
  for (const char* text :
       {R"({"id":"a","gpu_count_ethernet":64,"gpu_price_ethernet":"3"})",
        R"({"id":"a","gpu_count_ethernet":64,"gpu_price_ethernet":"3","specs_per_node":null})",
        R"({"id":"a","gpu_count_ethernet":64,"gpu_price_ethernet":"3","specs_per_node":{}})",
        R"({"id":"a"})"}) {
    const auto market = read_nodes(text);
    if (!market.offers.empty()) fail_msg("offered: %s", text);
    assert_true(market.locations == std::vector<std::string>{"a"});
  }
}

void locations_without_an_id_are_refused(void**) {
  for (const char* text : {"{}", "7", "null", "[]", R"({"id":""})", R"({"id":7})"}) {
    VoltageParkMarketReader reader({}, kNow);
    const auto nodes = reader.add_location(parse(text));
    const auto vms = reader.add_vm_location(parse(text));
    if (nodes || nodes.error().code != ErrorCode::kProtocol) fail_msg("taken: %s", text);
    if (vms || vms.error().code != ErrorCode::kProtocol) fail_msg("taken of VMs: %s", text);
  }
}

void preset_is_an_offer_with_its_storage_paid(void**) {
  const auto market = read_vms(preset("p1", 1, kGood));
  assert_int_equal(market.offers.size(), 1);
  const auto& vm = market.offers[0];
  assert_true((vm.id == OfferId{"voltage-park", "77bb", "vm-1x-h100-sxm5-80gb", "ethernet"}));
  assert_true(vm.price_per_hour == Money::from_micros(1'910'000));
  assert_true(vm.stock == 5);
  assert_false(vm.infiniband);
  assert_int_equal(vm.cpus, 26);
  assert_true(vm.boot_time < voltage_park_capabilities({}).typical_boot);
  assert_string_equal(market.presets.at(vm.id).c_str(), "p1");
}

// Half a price would be too cheap.
void preset_with_half_a_price_has_none(void**) {
  struct Row {
    const char* prices;
    bool is_known;
  };
  for (const auto& [prices, is_known] :
       {Row{R"("compute_rate_hourly":"1.89","storage_rate_hourly":"0")", true},
        Row{R"("compute_rate_hourly":1.89,"storage_rate_hourly":0.02)", true},
        Row{R"("compute_rate_hourly":"1.89")", false},
        Row{R"("compute_rate_hourly":"1.89","storage_rate_hourly":null)", false},
        Row{R"("compute_rate_hourly":"0","storage_rate_hourly":"0.02")", false},
        Row{R"("storage_rate_hourly":"0.02")", false},
        Row{R"("available_vms":1)", false}}) {
    const auto market = read_vms(preset("p1", 1, prices));
    assert_int_equal(market.offers.size(), 1);
    if (market.offers[0].price_per_hour.has_value() != is_known) fail_msg("%s", prices);
  }
}

void presets_that_cannot_be_used_are_no_offers(void**) {
  for (const auto& text : {preset("", 1, kGood),
                           preset("p1", 0, kGood),
                           preset("p1", 1, R"("operating_system":"Windows 10")"),
                           std::string(R"({"id":"p1","resources":{"gpus":{}}})"),
                           std::string(R"({"id":"p1"})"),
                           std::string("7"),
                           std::string("null")}) {
    if (!read_vms(text).offers.empty()) fail_msg("offered: %s", text.c_str());
  }
  assert_true(read_vms("").offers.empty());
}

std::string priced(const char* rate, const char* stock) {
  return std::string(R"("storage_rate_hourly":"0","compute_rate_hourly":)") + rate +
         R"(,"available_vms":)" + stock;
}

// The name of an offer tells its GPUs alone.
void cheapest_preset_in_stock_stands_for_those_of_its_name(void**) {
  struct Row {
    std::string first;
    std::string second;
    const char* taken;
  };
  for (const auto& [first, second, taken] :
       {Row{priced("\"2\"", "3"), priced("\"1\"", "3"), "second"},
        Row{priced("\"1\"", "3"), priced("\"2\"", "3"), "first"},
        Row{priced("\"1\"", "0"), priced("\"2\"", "1"), "second"},
        Row{priced("\"2\"", "0"), priced("\"1\"", "0"), "second"},
        Row{priced("null", "3"), priced("\"9\"", "3"), "second"},
        Row{priced("\"9\"", "3"), priced("null", "3"), "first"},
        Row{priced("\"1\"", "null"), priced("\"2\"", "3"), "first"},
        Row{priced("\"1\"", "3"), priced("\"1\"", "3"), "first"}}) {
    const auto market = read_vms(preset("first", 8, first) + "," + preset("second", 8, second) +
                                 "," + preset("small", 1, priced("\"0.1\"", "3")));
    assert_int_equal(market.offers.size(), 2);
    const OfferId large{"voltage-park", "77bb", "vm-8x-h100-sxm5-80gb", "ethernet"};
    if (market.presets.at(large) != taken) fail_msg("%s against %s", first.c_str(), second.c_str());
  }
}

void image_chooses_the_system_of_vms(void**) {
  ProviderConfig config;
  config.image = "Ubuntu 24.04 LTS";
  const auto both = preset("old", 1, kGood) + "," +
                    preset("new", 1, R"("operating_system":"Ubuntu 24.04 LTS","available_vms":1)");
  const auto market = read_vms(both, config);
  assert_int_equal(market.offers.size(), 1);
  assert_string_equal(market.presets.begin()->second.c_str(), "new");
  assert_int_equal(market.systems.size(), 2);
}

void regions_are_the_locations_that_are_used(void**) {
  ProviderConfig config;
  config.regions = {"77bb"};
  const auto nodes =
      read_nodes(location(R"("gpu_count_ethernet":8,"gpu_price_ethernet":"1.99")"), config);
  assert_true(nodes.offers.empty());
  assert_int_equal(nodes.locations.size(), 1);
  assert_int_equal(read_vms(preset("p1", 1, kGood), config).offers.size(), 1);
  config.regions = {"3f2a"};
  const auto vms = read_vms(preset("p1", 1, kGood), config);
  assert_true(vms.offers.empty() && vms.presets.empty());
}

// Unknown is never cheap: begun hours, until the admin knows better.
void least_charge_is_the_admins_or_an_hour(void**) {
  struct Row {
    std::optional<std::chrono::seconds> minimum;
    int quantum;
    int least;
  };
  using std::chrono::seconds;
  for (const auto& [minimum, quantum, least] : {Row{std::nullopt, 3600, 3600},
                                                Row{seconds(172'800), 3600, 172'800},
                                                Row{seconds(60), 60, 60},
                                                Row{seconds(0), 1, 0}}) {
    ProviderConfig config;
    config.minimum_charge = minimum;
    const auto billing = voltage_park_capabilities(config).billing;
    assert_int_equal(billing.quantum.count(), quantum);
    assert_int_equal(billing.minimum.count(), least);
    const auto market =
        read_nodes(location(R"("gpu_count_ethernet":8,"gpu_price_ethernet":"1.99")"), config);
    assert_int_equal(market.offers[0].billing.minimum.count(), least);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(location_is_an_offer_a_network),
      cmocka_unit_test(price_that_stands_when_sold_out_is_no_stock),
      cmocka_unit_test(count_that_is_no_count_is_unknown_and_not_zero),
      cmocka_unit_test(price_that_is_none_is_unknown),
      cmocka_unit_test(network_without_price_and_count_is_none),
      cmocka_unit_test(unusual_nodes_are_a_type_of_their_own),
      cmocka_unit_test(nodes_of_unknown_shape_are_no_offer),
      cmocka_unit_test(locations_without_an_id_are_refused),
      cmocka_unit_test(preset_is_an_offer_with_its_storage_paid),
      cmocka_unit_test(preset_with_half_a_price_has_none),
      cmocka_unit_test(presets_that_cannot_be_used_are_no_offers),
      cmocka_unit_test(cheapest_preset_in_stock_stands_for_those_of_its_name),
      cmocka_unit_test(image_chooses_the_system_of_vms),
      cmocka_unit_test(regions_are_the_locations_that_are_used),
      cmocka_unit_test(least_charge_is_the_admins_or_an_hour),
  };
  return cmocka_run_group_tests_name("providers.voltage_park_offers", tests, nullptr, nullptr);
}
