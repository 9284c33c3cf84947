// SPDX-License-Identifier: GPL-2.0-or-later
//
// The whole driver against recorded exchanges, tests/data/lambda/*.http.
#include <cstring>
#include <string>

#include "tests/providers/exchange_scene.h"
#include "tests/providers/findings.h"

using namespace spillway;

namespace {

struct Scene : ExchangeScene {
  explicit Scene(const std::string& file, std::vector<std::string> regions = {"us-east-1"})
      : ExchangeScene(file, make_config(std::move(regions)), from_unix_seconds(1'795'277'410)) {}

  static ProviderConfig make_config(std::vector<std::string> regions) {
    ProviderConfig config;
    config.name = "lambda";
    config.ssh_key = "ops";
    config.image = "lambda-stack-24-04";
    config.regions = std::move(regions);
    return config;
  }
};

OrderSpec make_spec() {
  OrderSpec spec;
  spec.offer = {"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"};
  spec.mark = {"hpc1", "0a1b2c", 7, 2};
  spec.user_data = "#!/bin/sh\ntrue\n";
  return spec;
}

void offers_cover_the_configured_regions_alone(void**) {
  Scene scene("offers_of_one_region", {"us-south-2"});
  const auto offers = scene.provider->offers();
  scene.assert_played();
  assert_true(bool(offers));
  assert_int_equal(offers->size(), 2);
  assert_string_equal(format_offer_id((*offers)[0].id).c_str(),
                      "lambda us-south-2 gpu_8x_h100_sxm5");
  assert_false((*offers)[0].stock.has_value());
  assert_true((*offers)[1].stock == 0);
  assert_true((*offers)[1].seen_at == scene.clock.now());
}

void offers_cover_all_regions_when_none_is_configured(void**) {
  Scene scene("offers_of_all_regions", {});
  const auto offers = scene.provider->offers();
  scene.assert_played();
  assert_true(bool(offers));
  // Two types; two regions that are listed and one that only the capacity names.
  assert_int_equal(offers->size(), 6);
  int in_stock = 0;
  for (const auto& offer : *offers) {
    if (!offer.stock) ++in_stock;
  }
  assert_int_equal(in_stock, 1);
}

void order_gives_the_id_and_the_time(void**) {
  Scene scene("order_accepted");
  const auto ordered = scene.provider->order(make_spec());
  scene.assert_played();
  assert_true(bool(ordered));
  assert_int_equal(ordered->ids.size(), 1);
  assert_string_equal(ordered->ids[0].c_str(), "0920582c7ff041399e34823a0be62549");
  assert_true(ordered->at == scene.clock.now());
}

constexpr RefusedCase kRefusedOrders[] = {
    {"order_without_capacity",
     ErrorCode::kNoCapacity,
     "HTTP 400: instance-operations/launch/insufficient-capacity: "
     "Not enough capacity to fulfill launch request."},
    {"order_with_internal_error",
     ErrorCode::kUnknownOutcome,
     "HTTP 500: global/internal-error: An internal server error occurred. "
     "Try again later. Contact Support if the problem persists."},
    {"order_timed_out", ErrorCode::kUnknownOutcome, "no answer within 60 s"},
    {"order_unsent", ErrorCode::kTransient, "could not connect"},
    // The key is not shown.
    {"order_answered_by_a_page",
     ErrorCode::kProtocol,
     "HTTP 200: the answer was not understood: "
     "the body is no JSON: <html>Bearer (key) is welcome</html>"},
    {"order_with_wrong_key",
     ErrorCode::kUnauthorized,
     "HTTP 401: global/invalid-api-key: API key was invalid, expired, or deleted. "
     "Check your API key or create a new one, then try again."},
};

void refused_order_is_told_by_its_cure(void**) {
  assert_orders_refused<Scene>(
      kRefusedOrders,
      "lambda: order spillway-hpc1-0a1b2c-7-2 (gpu_8x_h100_sxm5 in us-east-1): ",
      make_spec());
}

void order_that_came_too_soon_names_the_wait(void**) {
  Scene scene("order_rate_limited");
  const auto ordered = scene.provider->order(make_spec());
  scene.assert_played();
  assert_true(!ordered && ordered.error().code == ErrorCode::kRateLimited);
  assert_true(ordered.error().retry_after == std::chrono::seconds(17));
}

void order_that_cannot_be_right_is_never_sent(void**) {
  auto two = make_spec();
  two.machines = 2;
  auto large = make_spec();
  large.user_data.assign(1'000'001, 'x');
  auto nowhere = make_spec();
  nowhere.offer.region.clear();
  assert_never_ordered<Scene>("order_accepted", {two, large, nowhere});
}

void machines_are_those_with_our_clusters_mark(void**) {
  Scene scene("machines");
  const auto machines = scene.provider->machines("hpc1");
  scene.assert_played();
  assert_true(bool(machines));
  assert_int_equal(machines->size(), 2);
  assert_string_equal((*machines)[0].id.c_str(), "01");
  assert_true((*machines)[0].state == CloudState::kRunning);
  assert_string_equal((*machines)[1].id.c_str(), "04");
  assert_true((*machines)[1].state == CloudState::kEnding);
}

void machines_of_all_pages_are_listed(void**) {
  Scene scene("machines_on_two_pages");
  const auto machines = scene.provider->machines("hpc1");
  scene.assert_played();
  assert_true(bool(machines));
  assert_int_equal(machines->size(), 2);
}

constexpr RefusedCase kRefusedLists[] = {
    {"machines_cut_short",
     ErrorCode::kTransient,
     "HTTP 502: the body is no JSON: <html>bad gateway</html>"},
    {"machines_timed_out", ErrorCode::kTransient, "no answer within 30 s"},
};

void list_that_is_not_whole_is_an_error(void**) {
  assert_lists_refused<Scene>(kRefusedLists, "lambda: list machines: ");
}

const std::vector<ReleasedCase> kReleased{
    {"release_of_two", {"01", "02"}, {"01", "02"}},
    {"release_of_an_unknown_one", {"99"}, {"99"}},
    {"release_of_three_with_an_unknown_one", {"01", "99", "02"}, {"01", "99", "02"}},
    {"release_broken_off", {"01", "02"}, {"01"}},
    {"release_half_confirmed", {"01", "02"}, {"01"}},
};

void release_tells_what_was_accepted(void**) {
  assert_released<Scene>(kReleased);
}

void release_of_nothing_sends_nothing(void**) {
  assert_release_of_nothing_sends_nothing<Scene>("release_of_two");
}

void wrong_address_does_not_read_as_gone(void**) {
  Scene scene("release_at_a_wrong_address");
  assert_error(scene.provider->release({"01"}),
               ErrorCode::kProtocol,
               "lambda: release of 1: HTTP 404: the body is no JSON: <html>no such page</html>");
  scene.assert_played();
}

void check_asks_for_what_the_configuration_names(void**) {
  Scene scene("check");
  const auto findings = value_of(scene.provider->check());
  scene.assert_played();
  assert_all_good(findings, 4);
}

// The player must be able to fail, or none of the tests above says anything.
void recording_that_is_not_followed_is_told(void**) {
  const std::string text = "> GET https://a.example/x\n> a: b\n< 200\n";
  HttpRequest request;
  request.url = "https://a.example/x";
  request.headers = {{"a", "b"}};
  RecordedExchange good(text, "good");
  assert_true(bool(good.send(request)));
  assert_string_equal(good.verdict().c_str(), "");
  assert_false(bool(good.send(request)));
  assert_non_null(std::strstr(good.verdict().c_str(), "nothing more must be sent"));
  request.headers.clear();
  RecordedExchange other(text, "other");
  assert_false(bool(other.send(request)));
  assert_non_null(std::strstr(other.verdict().c_str(), "line 1: must be sent"));
  for (const char* bad :
       {"", "# comment\n", "> GET /\n", "< 200\n", "GET /\n", ">GET /\n< 200\n"}) {
    if (RecordedExchange(bad, "bad").verdict().empty()) fail_msg("taken: %s", bad);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(offers_cover_the_configured_regions_alone),
      cmocka_unit_test(offers_cover_all_regions_when_none_is_configured),
      cmocka_unit_test(order_gives_the_id_and_the_time),
      cmocka_unit_test(refused_order_is_told_by_its_cure),
      cmocka_unit_test(order_that_came_too_soon_names_the_wait),
      cmocka_unit_test(order_that_cannot_be_right_is_never_sent),
      cmocka_unit_test(machines_are_those_with_our_clusters_mark),
      cmocka_unit_test(machines_of_all_pages_are_listed),
      cmocka_unit_test(list_that_is_not_whole_is_an_error),
      cmocka_unit_test(release_tells_what_was_accepted),
      cmocka_unit_test(release_of_nothing_sends_nothing),
      cmocka_unit_test(wrong_address_does_not_read_as_gone),
      cmocka_unit_test(check_asks_for_what_the_configuration_names),
      cmocka_unit_test(recording_that_is_not_followed_is_told),
  };
  return cmocka_run_group_tests_name("providers.lambda_exchange", tests, nullptr, nullptr);
}
