// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <string>

#include "providers/hyperstack/offers.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

Json parse(const std::string& text) {
  const auto json = Json::parse(text, "test");
  if (!json) fail_msg("no JSON: %s", text.c_str());
  return *json;
}

template <typename T>
void assert_not_understood(const Result<T>& result, const char* text) {
  if (result) fail_msg("taken: %s", text);
  if (result.error().code != ErrorCode::kProtocol) fail_msg("another error: %s", text);
}

struct ModelCase {
  const char* gpu;
  const char* model;
};

// Names of Hyperstack's price book and stock, then names of other forms.
constexpr ModelCase kModels[] = {
    {"H100-80G-PCIe", "h100"},
    {"H100-80G-PCIe-NVLink", "h100"},
    {"H100-80G-SXM5", "h100"},
    {"H100-80G-SXM5-IB", "h100"},
    {"H100-80G-PCIe-spot", "h100"},
    {"H200-141G-SXM5", "h200"},
    {"B200-180G-SXM6", "b200"},
    {"GH200-96G", "gh200"},
    {"A100-80G-PCIe", "a100"},
    {"A100-80G-SXM4", "a100"},
    {"L40", "l40"},
    {"L40-sm", "l40"},
    {"RTX-A6000", "rtxa6000"},
    {"RTX-A4000", "rtxa4000"},
    {"RTX-4090", "rtx4090"},
    {"RTX-PRO6000-SE", "rtxpro6000"},
    {"RTX-PRO-6000", "rtxpro6000"},
    {"", ""},
    {"GPU", ""},
    {"RTX-", ""},
    {"-", ""},
    {"H 100", ""},
    {"RTX A6000-48G", ""},
    {"H100/80G", ""},
};

void gpu_model_is_the_name_up_to_its_first_number(void**) {
  for (const auto& row : kModels) {
    const auto model = hyperstack_gpu_model(row.gpu);
    if (model != row.model) fail_msg("%s: %s, not %s", row.gpu, model.c_str(), row.model);
  }
}

HyperstackFlavor make_flavor() {
  return {"n3-H100x8", "CANADA-1", "H100-80G-PCIe", 8, 252, 1440LL * 1024, true};
}

struct PriceCase {
  const char* book;
  std::int64_t micros;  // -1: unknown
};

constexpr PriceCase kPrices[] = {
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"}])json", 20'000'000},
    {R"json([{"name":"H100-80G-PCIe","value":2.6}])json", 20'800'000},
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"},{"name":"vCPU","value":0},
         {"name":"RAM","value":"0.0"}])json",
     20'000'000},
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"},{"name":"vCPU","value":"0.01"},
         {"name":"RAM","value":"0.002"}])json",
     20'000'000 + 2'520'000 + 2'880'000},
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"},{"name":"PublicIP","value":"0.00672"}])json",
     20'006'720},
    // The value is what is paid; what it was before a discount is not.
    {R"json([{"name":"H100-80G-PCIe","value":"2.0","original_value":"2.5","discount_applied":true}])json",
     16'000'000},
    // What is finer than a micro-dollar is rounded up, before it is multiplied.
    {R"json([{"name":"H100-80G-PCIe","value":"1.0000010000"}])json", 8'000'008},
    {R"json([{"name":"H100-80G-PCIe","value":"1.0000001"}])json", 8'000'008},
    // The dearer of two, and none when one cannot be read.
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"},{"name":"H100-80G-PCIe","value":"2.6"}])json",
     20'800'000},
    {R"json([{"name":"H100-80G-PCIe","value":"2.6"},{"name":"H100-80G-PCIe","value":"2.5"}])json",
     20'800'000},
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"},{"name":"H100-80G-PCIe","value":null}])json",
     -1},
    {R"json([{"name":"H100-80G-PCIe","value":null},{"name":"H100-80G-PCIe","value":"2.5"}])json",
     -1},
    {R"json([])json", -1},
    {R"json([{"name":"H100-80G-PCIe-spot","value":"2.0"}])json", -1},
    {R"json([{"name":"h100-80g-pcie","value":"2.0"}])json", -1},
    {R"json([{"name":"H100-80G-PCIe"}])json", -1},
    {R"json([{"name":"H100-80G-PCIe","value":0}])json", -1},
    {R"json([{"name":"H100-80G-PCIe","value":0},{"name":"vCPU","value":"0.01"}])json", -1},
    {R"json([{"name":"H100-80G-PCIe","value":"-2.5"}])json", -1},
    {R"json([{"name":"H100-80G-PCIe","value":"free"}])json", -1},
    {R"json([{"name":"H100-80G-PCIe","value":"1000000"}])json", -1},
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"},{"name":"vCPU","value":"?"}])json", -1},
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"},{"name":"RAM","value":"?"}])json", -1},
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"},{"name":"PublicIP","value":"?"}])json", -1},
    {R"json([{"name":"H100-80G-PCIe","value":"2.5"},{"name":"RAM","value":"1000000"}])json", -1},
    {R"json([{"name":"vCPU (cpu-only-flavors)","value":"0.01"},
         {"name":"RAM (cpu-only-flavors)","value":"0.01"}])json",
     -1},
};

void assert_price(const HyperstackFlavor& flavor, const PriceCase& row) {
  const auto prices = read_hyperstack_prices(parse(row.book));
  if (!prices) fail_msg("no price book: %s", row.book);
  const auto price = hyperstack_price(flavor, *prices);
  const auto micros = price ? price->micros() : -1;
  if (micros != row.micros) fail_msg("%s: %lld", row.book, static_cast<long long>(micros));
}

void price_is_that_of_gpus_and_what_belongs_to_them(void**) {
  for (const auto& row : kPrices)
    assert_price(make_flavor(), row);
}

constexpr PriceCase kCpuPrices[] = {
    {R"json([{"name":"vCPU (cpu-only-flavors)","value":"0.01"},
         {"name":"RAM (cpu-only-flavors)","value":"0.005"},
         {"name":"vCPU","value":"7"},{"name":"RAM","value":"7"}])json",
     40'000 + 40'000},
    // One of them may be 0, if the book says so.
    {R"json([{"name":"vCPU (cpu-only-flavors)","value":"0.01"},
         {"name":"RAM (cpu-only-flavors)","value":"0"}])json",
     40'000},
    {R"json([{"name":"vCPU (cpu-only-flavors)","value":0},
         {"name":"RAM (cpu-only-flavors)","value":0},{"name":"PublicIP","value":"0.01"}])json",
     -1},
    {R"json([{"name":"vCPU (cpu-only-flavors)","value":"0.01"}])json", -1},
    {R"json([{"name":"RAM (cpu-only-flavors)","value":"0.01"}])json", -1},
    {R"json([{"name":"vCPU","value":"7"},{"name":"RAM","value":"7"}])json", -1},
};

void price_of_a_machine_without_gpus_has_entries_of_its_own(void**) {
  for (const auto& row : kCpuPrices)
    assert_price({"n1-cpu-small", "CANADA-1", "", 0, 4, 8192, true}, row);
}

void price_of_a_shape_that_contradicts_itself_is_unknown(void**) {
  const char* const book = R"json([{"name":"H100-80G-PCIe","value":"2.5"},
      {"name":"vCPU (cpu-only-flavors)","value":"0.01"},
      {"name":"RAM (cpu-only-flavors)","value":"0.01"}])json";
  auto flavor = make_flavor();
  flavor.gpus = 0;
  assert_price(flavor, {book, -1});
  flavor = make_flavor();
  flavor.gpu = "";
  assert_price(flavor, {book, -1});
}

void flavors_are_read_with_their_numbers(void**) {
  const auto flavors = read_hyperstack_flavors(parse(
      R"json({"status":true,"data":[{"gpu":"H100-80G-PCIe","region_name":"CANADA-1","flavors":[
        {"id":101,"name":"n3-H100x8","region_name":"CANADA-1","cpu":252,"ram":1440.0,"disk":100,
         "gpu":"H100-80G-PCIe","gpu_count":8,"stock_available":false},
        {"id":102,"name":"odd","cpu":-1,"ram":4.5,"gpu_count":"8"}]}]})json"));
  assert_true(flavors && flavors->size() == 2);
  const auto& flavor = flavors->front();
  assert_string_equal(flavor.name.c_str(), "n3-H100x8");
  assert_string_equal(flavor.region.c_str(), "CANADA-1");
  assert_string_equal(flavor.gpu.c_str(), "H100-80G-PCIe");
  assert_int_equal(flavor.gpus, 8);
  assert_int_equal(flavor.cpus, 252);
  assert_int_equal(flavor.memory_mib, 1'474'560);
  assert_false(flavor.is_in_stock);
  // What a row lacks its group may tell; a number that is none is nothing.
  const auto& odd = flavors->back();
  assert_string_equal(odd.region.c_str(), "CANADA-1");
  assert_string_equal(odd.gpu.c_str(), "H100-80G-PCIe");
  assert_int_equal(odd.memory_mib, 4096);
  assert_true(odd.gpus == 0 && odd.cpus == 0 && odd.is_in_stock);
}

void garbled_flavors_are_refused(void**) {
  for (const char* text : {"{}",
                           "[]",
                           R"json({"data":null})json",
                           R"json({"data":{}})json",
                           R"json({"data":[7]})json",
                           R"json({"data":[{}]})json",
                           R"json({"data":[{"flavors":null}]})json",
                           R"json({"data":[{"flavors":[7]}]})json",
                           R"json({"data":[{"flavors":[{"name":"a"}]}]})json",
                           R"json({"data":[{"flavors":[{"region_name":"r"}]}]})json",
                           R"json({"data":[{"flavors":[{"name":7,"region_name":"r"}]}]})json"}) {
    assert_not_understood(read_hyperstack_flavors(parse(text)), text);
  }
}

void stock_is_read_by_size(void**) {
  const auto stock = read_hyperstack_stock(
      parse(R"json({"stocks":[{"region":"CANADA-1","stock-type":"GPU","models":[
        {"model":"H100-80G-PCIe","available":"10+",
         "configurations":{"1x":36,"8x":0,"10x":"3","2x":-1,"4x":2.5,"x":1,"16":1,"ax":1}},
        {"model":"L40","available":"0"}]}]})json"));
  assert_true(bool(stock));
  const std::map<int, int> sizes{{1, 36}, {8, 0}};
  assert_true(stock->at({"CANADA-1", "H100-80G-PCIe"}) == sizes);
  assert_true(stock->at({"CANADA-1", "L40"}).empty());
}

void garbled_stock_is_refused(void**) {
  for (const char* text : {"{}",
                           "[]",
                           R"json({"stocks":null})json",
                           R"json({"stocks":[7]})json",
                           R"json({"stocks":[{"region":"r"}]})json",
                           R"json({"stocks":[{"models":[]}]})json",
                           R"json({"stocks":[{"region":7,"models":[]}]})json",
                           R"json({"stocks":[{"region":"r","models":{}}]})json",
                           R"json({"stocks":[{"region":"r","models":[{}]}]})json",
                           R"json({"stocks":[{"region":"r","models":[{"model":""}]}]})json"}) {
    assert_not_understood(read_hyperstack_stock(parse(text)), text);
  }
}

void garbled_price_books_are_refused(void**) {
  for (const char* text : {"{}",
                           "null",
                           "7",
                           R"json({"status":true,"pricebook":[]})json",
                           "[7]",
                           "[{}]",
                           R"json([{"name":""}])json",
                           R"json([{"name":7,"value":1}])json",
                           R"json([{"value":1}])json"}) {
    assert_not_understood(read_hyperstack_prices(parse(text)), text);
  }
}

HyperstackCatalogue make_catalogue() {
  HyperstackCatalogue catalogue;
  catalogue.flavors = {make_flavor()};
  catalogue.stock[{"CANADA-1", "H100-80G-PCIe"}] = {{1, 36}, {8, 2}};
  catalogue.prices["H100-80G-PCIe"] = Money::from_cents(250);
  return catalogue;
}

std::vector<Offer> make_offers(const HyperstackCatalogue& catalogue) {
  return make_hyperstack_offers(
      catalogue, "CANADA-1", hyperstack_capabilities({}), from_unix_seconds(1'795'277'410));
}

void flavor_becomes_an_offer(void**) {
  const auto offers = make_offers(make_catalogue());
  assert_int_equal(offers.size(), 1);
  const auto& offer = offers.front();
  assert_true(offer.id == (OfferId{"hyperstack", "CANADA-1", "n3-H100x8", "ethernet"}));
  assert_string_equal(offer.gpu.c_str(), "h100");
  assert_int_equal(offer.gpus, 8);
  assert_int_equal(offer.cpus, 252);
  assert_int_equal(offer.memory_mib, 1'474'560);
  assert_false(offer.infiniband);
  assert_true(offer.price_per_hour == Money::from_cents(2000));
  assert_true(offer.price_source == PriceSource::kLive);
  assert_true(offer.seen_at == from_unix_seconds(1'795'277'410));
  assert_true(offer.stock == 2);
  assert_true(offer.billing.quantum == std::chrono::seconds(60));
  assert_true(offer.billing.minimum == std::chrono::seconds(60));
}

void stock_is_that_of_the_flavors_size(void**) {
  auto catalogue = make_catalogue();
  catalogue.flavors.front().gpus = 1;
  assert_true(make_offers(catalogue).front().stock == 36);
  catalogue.flavors.front().gpus = 4;
  assert_false(make_offers(catalogue).front().stock.has_value());
}

void stock_of_another_region_or_model_tells_nothing(void**) {
  auto catalogue = make_catalogue();
  catalogue.stock = {{{"NORWAY-1", "H100-80G-PCIe"}, {{8, 2}}}, {{"CANADA-1", "L40"}, {{8, 2}}}};
  assert_false(make_offers(catalogue).front().stock.has_value());
}

void flavor_that_is_not_available_is_sold_out_whatever_the_stock_says(void**) {
  auto catalogue = make_catalogue();
  catalogue.flavors.front().is_in_stock = false;
  assert_true(make_offers(catalogue).front().stock == 0);
  catalogue.stock.clear();
  assert_true(make_offers(catalogue).front().stock == 0);
}

void flavors_of_other_regions_and_spot_flavors_are_left_out(void**) {
  auto catalogue = make_catalogue();
  auto spot = make_flavor();
  spot.name = "n3-H100x8-spot";
  spot.gpu = "H100-80G-PCIe-spot";
  auto elsewhere = make_flavor();
  elsewhere.region = "NORWAY-1";
  catalogue.flavors.insert(catalogue.flavors.begin(), {spot, elsewhere});
  catalogue.prices["H100-80G-PCIe-spot"] = Money::from_cents(200);
  const auto offers = make_offers(catalogue);
  assert_int_equal(offers.size(), 1);
  assert_string_equal(offers.front().id.type.c_str(), "n3-H100x8");
}

void flavor_that_is_listed_twice_is_one_offer(void**) {
  auto catalogue = make_catalogue();
  catalogue.flavors.push_back(make_flavor());
  assert_int_equal(make_offers(catalogue).size(), 1);
}

void flavor_without_a_price_is_an_offer_of_unknown_price(void**) {
  auto catalogue = make_catalogue();
  catalogue.prices.clear();
  assert_false(make_offers(catalogue).front().price_per_hour.has_value());
}

void configured_minimum_charge_replaces_the_documented_one(void**) {
  ProviderConfig config;
  config.minimum_charge = std::chrono::hours(1);
  const auto capabilities = hyperstack_capabilities(config);
  assert_true(capabilities.billing.minimum == std::chrono::hours(1));
  assert_true(capabilities.billing.quantum == std::chrono::seconds(60));
}

// Source: 500 requests a minute and address; more are refused for the rest of the minute.
void pace_stays_below_the_rate_limit(void**) {
  const auto capabilities = hyperstack_capabilities({});
  assert_true(capabilities.between_requests >= std::chrono::milliseconds(120));
  assert_true(std::chrono::minutes(1) / capabilities.between_requests <= 500);
  assert_int_equal(capabilities.machines_per_order, 20);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(gpu_model_is_the_name_up_to_its_first_number),
      cmocka_unit_test(price_is_that_of_gpus_and_what_belongs_to_them),
      cmocka_unit_test(price_of_a_machine_without_gpus_has_entries_of_its_own),
      cmocka_unit_test(price_of_a_shape_that_contradicts_itself_is_unknown),
      cmocka_unit_test(flavors_are_read_with_their_numbers),
      cmocka_unit_test(garbled_flavors_are_refused),
      cmocka_unit_test(stock_is_read_by_size),
      cmocka_unit_test(garbled_stock_is_refused),
      cmocka_unit_test(garbled_price_books_are_refused),
      cmocka_unit_test(flavor_becomes_an_offer),
      cmocka_unit_test(stock_is_that_of_the_flavors_size),
      cmocka_unit_test(stock_of_another_region_or_model_tells_nothing),
      cmocka_unit_test(flavor_that_is_not_available_is_sold_out_whatever_the_stock_says),
      cmocka_unit_test(flavors_of_other_regions_and_spot_flavors_are_left_out),
      cmocka_unit_test(flavor_that_is_listed_twice_is_one_offer),
      cmocka_unit_test(flavor_without_a_price_is_an_offer_of_unknown_price),
      cmocka_unit_test(configured_minimum_charge_replaces_the_documented_one),
      cmocka_unit_test(pace_stays_below_the_rate_limit),
  };
  return cmocka_run_group_tests_name("providers.hyperstack_offers", tests, nullptr, nullptr);
}
