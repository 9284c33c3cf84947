// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/offers.h"

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Offer some_offer(const char* region, const char* type, int gpus, std::int64_t cents) {
  Offer offer;
  offer.id = {"lambda", region, type, "ethernet"};
  offer.gpu = "h100";
  offer.gpus = gpus;
  offer.cpus = 208;
  offer.memory_mib = 1'843'200;
  offer.price_per_hour = Money::from_cents(cents);
  offer.seen_at = kNow - seconds(8);
  return offer;
}

// Five offers of a provider that answered, and one provider that did not.
OffersInput some_input() {
  ProviderAnswer lambda;
  lambda.provider = "lambda";
  lambda.offers.push_back(some_offer("us-east-1", "gpu_8x_h100_sxm5", 8, 3'192));
  lambda.offers.push_back(some_offer("us-east-1", "gpu_1x_h100_pcie", 1, 329));
  lambda.offers.back().stock = 0;
  lambda.offers.push_back(some_offer("us-west-1", "gpu_8x_h100_sxm5", 8, 2'392));
  lambda.offers.back().stock = 12;
  lambda.offers.back().price_source = PriceSource::kCatalog;
  lambda.offers.back().catalog_date = kNow - std::chrono::days(65);
  lambda.offers.push_back(some_offer("us-west-1", "gpu_2x_h100", 2, 0));
  lambda.offers.back().price_per_hour.reset();
  lambda.offers.push_back(some_offer("us-west-1", "cpu_4x", 0, 20));
  ProviderAnswer other;
  other.provider = "hyperstack";
  other.error = Error{ErrorCode::kUnauthorized, "HTTP 401: key refused", {}};
  OffersInput input;
  input.answers = {other, lambda};
  const OfferId cooled{"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"};
  input.cooldowns[cooled] = {cooled, 1, kNow + minutes(6), "no capacity"};
  input.price_cap = Money::from_cents(350);
  input.now = kNow;
  return input;
}

}  // namespace

static void the_cheapest_gpu_comes_first_and_failures_last(void**) {
  expect_text(
      offers_screen(some_input(), false),
      R"(PROVIDER    REGION     TYPE              GPU   GPUS  FABRIC    $/GPU-h  $/machine-h  CAN HAVE                       BOOT    PRICE FROM
lambda      us-west-1  gpu_8x_h100_sxm5  h100     8  ethernet     2.99        23.92  12 machines                    10 min  catalog, 2 months old  never chosen: price from the catalog, and there is a cap
lambda      us-east-1  gpu_1x_h100_pcie  h100     1  ethernet     3.29         3.29  sold out                       10 min  live, 8 s ago
lambda      us-east-1  gpu_8x_h100_sxm5  h100     8  ethernet     3.99        31.92  refused, tried again in 6 min  10 min  live, 8 s ago          never chosen: 3.99 $/GPU-h is over the cap of 3.50
lambda      us-west-1  gpu_2x_h100       h100     2  ethernet        ?            ?  yes                            10 min                         never chosen: price unknown
hyperstack  no answer: HTTP 401: key refused
1 of 2 providers answered: `spillway doctor` says more
)");
}

static void a_gpu_that_nobody_has_gets_the_list_of_those_there_are(void**) {
  OffersInput input = some_input();
  input.answers.erase(input.answers.begin());
  input.filter.gpu = "h10";
  expect_text(offers_screen(input, false), "no offer with a GPU called h10: there are h100\n");
}

static void only_the_gpu_that_was_asked_for_is_shown(void**) {
  OffersInput input = some_input();
  input.answers[1].offers[1].gpu = "a100";
  input.filter.gpu = "a100";
  const Json json = offers_json(input);
  assert_int_equal(json.get("offers").size(), 1);
  expect_text(*json.get("offers").at(0).string("gpu"), "a100");
}

static void only_what_can_be_had_is_shown_and_unknown_stock_can(void**) {
  struct Case {
    int machines;
    std::size_t shown;
  };
  const Case cases[] = {{0, 4}, {1, 3}, {12, 3}, {13, 2}};
  for (const auto& each : cases) {
    OffersInput input = some_input();
    input.filter.machines = each.machines;
    const auto shown = offers_json(input).get("offers").size();
    if (shown != each.shown) fail_msg("%d machines: %zu offers", each.machines, shown);
  }
}

static void only_offers_with_infiniband_are_shown_when_asked(void**) {
  OffersInput input = some_input();
  input.answers[1].offers[2].infiniband = true;
  input.filter.infiniband = true;
  const Json offers = offers_json(input).get("offers");
  assert_int_equal(offers.size(), 1);
  assert_true(*offers.at(0).boolean("infiniband"));
}

static void a_filter_that_leaves_nothing_is_named(void**) {
  OffersInput input = some_input();
  input.answers.erase(input.answers.begin());
  input.filter = {"h100", true, 4};
  expect_text(offers_screen(input, false),
              "no offer that is all of --gpu h100, --infiniband, --nodes 4\n");
}

static void a_catalog_price_under_a_cap_is_never_chosen_and_told_so(void**) {
  OffersInput input = some_input();
  input.price_cap = Money::from_cents(900);
  const auto screen = offers_screen(input, false);
  const auto said = screen.find("never chosen: price from the catalog, and there is a cap");
  if (said == std::string::npos) fail_msg("%s", screen.c_str());
  input.price_cap.reset();
  assert_true(offers_screen(input, false).find("the catalog, and") == std::string::npos);
}

static void a_cool_down_of_the_whole_provider_counts_for_each_offer(void**) {
  OffersInput input = some_input();
  const OfferId whole{"lambda", "", "", ""};
  input.cooldowns = {{whole, {whole, 1, kNow + seconds(90), "balance"}}};
  const Json offers = offers_json(input).get("offers");
  for (std::size_t at = 0; at < offers.size(); ++at)
    expect_text(*offers.at(at).string("refused_until"), "2026-11-24T14:01:30Z");
}

static void nobody_asked_and_nobody_answered_are_said(void**) {
  OffersInput input;
  input.now = kNow;
  expect_text(offers_screen(input, false), "no offer with a GPU\n");
  input.answers = {{"lambda", {}, Error{ErrorCode::kTransient, "no route", {}}}};
  expect_text(offers_screen(input, false),
              "PROVIDER  REGION  TYPE  GPU  GPUS  FABRIC  $/GPU-h  $/machine-h  CAN HAVE  BOOT  "
              "PRICE FROM\n"
              "lambda    no answer: no route\n"
              "no offer with a GPU\n"
              "0 of 1 provider answered: `spillway doctor` says more\n");
}

static void json_has_the_same_facts_with_units(void**) {
  const Json json = offers_json(some_input());
  expect_text(
      json.get("offers").at(0).dump(),
      "{\"provider\":\"lambda\",\"region\":\"us-west-1\",\"type\":\"gpu_8x_h100_sxm5\","
      "\"fabric\":\"ethernet\",\"gpu\":\"h100\",\"gpus\":8,\"cpus\":208,\"memory_mib\":"
      "1843200,\"infiniband\":false,\"price_microusd_per_hour\":23920000,"
      "\"price_microusd_per_gpu_hour\":2990000,\"price_source\":\"catalog\",\"catalog_date\":"
      "\"2026-09-20T14:00:00Z\",\"seen_at\":\"2026-11-24T13:59:52Z\",\"stock\":12,\"boot_seconds\":"
      "600,\"refused_until\":null,"
      "\"refused_reason\":null}");
  expect_text(*json.get("offers").at(2).string("refused_reason"), "no capacity");
  assert_true(json.get("offers").at(3).get("price_microusd_per_hour").is_null());
  expect_text(json.get("failures").dump(),
              "[{\"provider\":\"hyperstack\",\"error\":\"unauthorized\",\"message\":"
              "\"HTTP 401: key refused\"}]");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_cheapest_gpu_comes_first_and_failures_last),
      cmocka_unit_test(a_gpu_that_nobody_has_gets_the_list_of_those_there_are),
      cmocka_unit_test(only_the_gpu_that_was_asked_for_is_shown),
      cmocka_unit_test(only_what_can_be_had_is_shown_and_unknown_stock_can),
      cmocka_unit_test(only_offers_with_infiniband_are_shown_when_asked),
      cmocka_unit_test(a_filter_that_leaves_nothing_is_named),
      cmocka_unit_test(a_catalog_price_under_a_cap_is_never_chosen_and_told_so),
      cmocka_unit_test(a_cool_down_of_the_whole_provider_counts_for_each_offer),
      cmocka_unit_test(nobody_asked_and_nobody_answered_are_said),
      cmocka_unit_test(json_has_the_same_facts_with_units),
  };
  return cmocka_run_group_tests_name("cli.offers", tests, nullptr, nullptr);
}
