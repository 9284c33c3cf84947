// SPDX-License-Identifier: GPL-2.0-or-later
//
// The whole driver against recorded exchanges, tests/data/hyperstack/*.http.
#include <cstring>
#include <string>

#include "tests/providers/exchange_scene.h"
#include "tests/providers/findings.h"

using namespace spillway;

namespace {

ProviderConfig make_config() {
  ProviderConfig config;
  config.name = "hyperstack";
  config.environment = "fleet-ca1";
  config.ssh_key = "ops";
  config.image = "Ubuntu Server 24.04*CUDA*";
  return config;
}

struct Scene : ExchangeScene {
  explicit Scene(const std::string& file, const ProviderConfig& config = make_config())
      : ExchangeScene(file, config, from_unix_seconds(1'795'520'000)) {}  // 2026-11-24T11:33:20Z
};

OrderSpec make_spec(int machines = 1) {
  OrderSpec spec;
  spec.offer = {"hyperstack", "CANADA-1", "n3-H100x8", "ethernet"};
  spec.machines = machines;
  spec.mark = {"hpc1", "0a1b2c", 7, 2};
  spec.user_data = "#!/bin/sh\ntrue\n";
  return spec;
}

// ---- offers

void offers_join_flavors_stock_and_prices(void**) {
  Scene scene("offers");
  const auto offers = value_of(scene.provider->offers());
  scene.assert_played();
  assert_int_equal(offers.size(), 5);  // without the spot flavor
  assert_string_equal(format_offer_id(offers[0].id).c_str(), "hyperstack CANADA-1 n3-H100x8");
  assert_true(offers[0].stock == 0);
  assert_true(offers[0].price_per_hour == Money::from_micros(20'006'720));
  assert_true(offers[1].stock == 36);
  assert_string_equal(offers[2].gpu.c_str(), "l40");
  assert_true(offers[2].stock == 0);  // not available, whatever its configurations say
  assert_string_equal(offers[3].gpu.c_str(), "rtxa6000");
  assert_false(offers[3].stock.has_value());
  assert_false(offers[3].price_per_hour.has_value());  // not in the price book
  assert_string_equal(offers[4].gpu.c_str(), "");
  assert_true(offers[4].price_per_hour == Money::from_micros(25'000 + 10'000 + 6'720));
  // The last of three answers; the driver waited before each question but the first.
  assert_true(offers[4].seen_at ==
              from_unix_seconds(1'795'520'000) + 3 * std::chrono::milliseconds(150));
}

void environment_is_asked_for_once(void**) {
  Scene scene("offers_asked_twice");
  assert_int_equal(value_of(scene.provider->offers()).size(), 1);
  assert_int_equal(value_of(scene.provider->offers()).size(), 1);
  scene.assert_played();
}

void environment_outside_the_configured_regions_has_no_offers(void**) {
  auto config = make_config();
  config.regions = {"NORWAY-1"};
  Scene scene("offers_elsewhere", config);
  assert_true(value_of(scene.provider->offers()).empty());
  scene.assert_played();
}

void offers_without_one_of_their_lists_are_an_error(void**) {
  Scene scene("offers_without_stocks");
  assert_error(scene.provider->offers(),
               ErrorCode::kTransient,
               "hyperstack: list offers: stocks: HTTP 500: server_error: Something went wrong.");
  scene.assert_played();
}

void offers_without_a_configured_environment_are_an_error(void**) {
  auto config = make_config();
  config.environment = "";
  Scene scene("offers_elsewhere", config);
  assert_error(scene.provider->offers(),
               ErrorCode::kInvalid,
               "hyperstack: list offers: environment: is not set, and every machine lives in one: "
               "there is default-NORWAY-1, fleet-ca1");
}

// ---- order

void order_of_two_gives_their_ids_and_the_time(void**) {
  Scene scene("order_of_two");
  const auto ordered = value_of(scene.provider->order(make_spec(2)));
  scene.assert_played();
  assert_true(ordered.ids == Ids({"7613", "7614"}));
  assert_true(ordered.at == scene.clock.now());
}

void order_that_is_given_fewer_tells_so(void**) {
  Scene scene("order_given_fewer");
  assert_true(value_of(scene.provider->order(make_spec(2))).ids == Ids{"7613"});
  scene.assert_played();
}

void what_is_known_of_the_account_is_not_asked_for_again(void**) {
  Scene scene("orders_in_a_row");
  assert_true(value_of(scene.provider->order(make_spec())).ids == Ids{"7613"});
  assert_true(value_of(scene.provider->order(make_spec())).ids == Ids{"7614"});
  scene.assert_played();
}

void image_is_chosen_anew_after_a_while(void**) {
  Scene scene("orders_with_a_new_image");
  assert_true(value_of(scene.provider->order(make_spec())).ids == Ids{"7613"});
  scene.clock.advance(std::chrono::minutes(10));
  assert_true(value_of(scene.provider->order(make_spec())).ids == Ids{"7614"});
  scene.assert_played();
}

void account_is_asked_about_anew_after_an_invalid_order(void**) {
  Scene scene("orders_of_an_unknown_flavor");
  for (int time = 0; time < 2; ++time) {
    assert_error(scene.provider->order(make_spec()),
                 ErrorCode::kInvalid,
                 "hyperstack: order spillway-hpc1-0a1b2c-7-2 (n3-H100x8 in CANADA-1): "
                 "HTTP 404: not_found: Flavor n3-H100x8 does not exist.");
  }
  scene.assert_played();
}

void configured_words_make_a_refusal_one_of_their_kind(void**) {
  auto config = make_config();
  config.refusals.quota = {"insufficient stock"};
  Scene scene("order_without_stock", config);
  const auto ordered = scene.provider->order(make_spec());
  scene.assert_played();
  assert_true(!ordered && ordered.error().code == ErrorCode::kQuota);
}

constexpr RefusedCase kRefusedOrders[] = {
    {"order_without_stock",
     ErrorCode::kNoCapacity,
     "HTTP 400: bad_request: Insufficient stock for flavor n3-H100x8."},
    {"order_without_balance",
     ErrorCode::kBalance,
     "HTTP 400: bad_request: Insufficient balance to create the resource"},
    {"order_over_the_quota",
     ErrorCode::kQuota,
     "HTTP 400: bad_request: VM quota of the environment exceeded."},
    {"order_refused_by_a_success",
     ErrorCode::kNoCapacity,
     "HTTP 200: bad_request: Insufficient resources"},
    {"order_with_internal_error",
     ErrorCode::kUnknownOutcome,
     "HTTP 500: server_error: Something went wrong."},
    {"order_timed_out", ErrorCode::kUnknownOutcome, "no answer within 60 s"},
    {"order_unsent", ErrorCode::kTransient, "could not connect"},
    // Nothing was ordered yet when the question before it stayed without an answer.
    {"order_before_its_environment_answers", ErrorCode::kTransient, "no answer within 30 s"},
    // The key is not shown.
    {"order_answered_by_a_page",
     ErrorCode::kProtocol,
     "HTTP 200: the answer was not understood: "
     "the body is no JSON: <html>api_key (key) is welcome</html>"},
    {"order_with_wrong_key",
     ErrorCode::kUnauthorized,
     "HTTP 401: unauthorized: API key is invalid."},
    {"order_without_its_environment",
     ErrorCode::kInvalid,
     "environment: Hyperstack knows no fleet-ca1: there is default-NORWAY-1"},
    {"order_without_its_image",
     ErrorCode::kInvalid,
     "image: none is called Ubuntu Server 24.04*CUDA*: the nearest are Windows Server 2022"},
};

void refused_order_is_told_by_its_cure(void**) {
  assert_orders_refused<Scene>(
      kRefusedOrders,
      "hyperstack: order spillway-hpc1-0a1b2c-7-2 (n3-H100x8 in CANADA-1): ",
      make_spec());
}

void order_that_came_too_soon_waits_for_the_next_minute(void**) {
  Scene scene("order_rate_limited");
  const auto ordered = scene.provider->order(make_spec());
  scene.assert_played();
  assert_true(!ordered && ordered.error().code == ErrorCode::kRateLimited);
  assert_true(ordered.error().retry_after == std::chrono::seconds(34));
}

void order_in_another_region_than_the_environments_is_invalid(void**) {
  Scene scene("order_elsewhere");
  auto spec = make_spec();
  spec.offer.region = "NORWAY-1";
  assert_error(scene.provider->order(spec),
               ErrorCode::kInvalid,
               "hyperstack: order spillway-hpc1-0a1b2c-7-2 (n3-H100x8 in NORWAY-1): "
               "environment fleet-ca1 is in CANADA-1");
  scene.assert_played();
}

// Refused as invalid before anything is asked or sent.
void assert_never_sent(const OrderSpec& spec, const ProviderConfig& config, const char* why) {
  Scene scene("order_of_two", config);
  const auto ordered = scene.provider->order(spec);
  if (ordered || ordered.error().code != ErrorCode::kInvalid) fail_msg("not refused: %s", why);
  if (ordered.error().message.find(why) == std::string::npos) {
    fail_msg("%s", ordered.error().message.c_str());
  }
  scene.assert_nothing_sent();
}

void order_that_cannot_be_right_is_never_sent(void**) {
  const auto config = make_config();
  assert_never_sent(make_spec(0), config, "1 to 20 machines");
  assert_never_sent(make_spec(21), config, "1 to 20 machines");
  auto large = make_spec();
  large.user_data.assign(49'150, 'x');
  assert_never_sent(large, config, "user-data is too large");
  auto nowhere = make_spec();
  nowhere.offer.region.clear();
  assert_never_sent(nowhere, config, "not whole");
  auto without_key = config;
  without_key.ssh_key = "";
  assert_never_sent(make_spec(), without_key, "ssh_key is not set");
}

// Source: specification: a name has 50 characters at most; several machines get a number behind it.
void mark_that_is_too_long_for_a_name_is_never_sent(void**) {
  auto spec = make_spec();
  spec.mark = {"abcdefghijklmnopqrst", "0a1b2c", 1'234'567, 12345};  // 50 characters
  assert_int_equal(format_mark(spec.mark).size(), 50);
  Scene scene("order_elsewhere");
  const auto passed = scene.provider->order(spec);  // is asked about, at least
  assert_true(!passed && passed.error().code != ErrorCode::kInvalid);
  spec.mark.call = 123456;
  assert_never_sent(spec, make_config(), "choose a shorter cluster name");
  spec.mark.call = 123;
  spec.machines = 2;
  assert_never_sent(spec, make_config(), "choose a shorter cluster name");
}

// ---- machines

void machine_is_listed_with_its_address_and_since_when_it_bills(void**) {
  Scene scene("machines");
  const auto machines = value_of(scene.provider->machines("hpc1"));
  scene.assert_played();
  assert_int_equal(machines.size(), 1);
  assert_string_equal(machines[0].id.c_str(), "7613");
  assert_true(machines[0].state == CloudState::kRunning);
  assert_string_equal(machines[0].address.c_str(), "198.51.100.2");
  assert_string_equal(machines[0].private_address.c_str(), "10.0.5.42");
  assert_true(machines[0].billed_from == from_unix_seconds(1'795'518'570));  // 11:09:30
  assert_true(machines[0].offer == make_spec().offer);
  assert_false(machines[0].price_per_hour.has_value());
}

void machines_are_those_with_our_clusters_mark_and_are_asked_about_once(void**) {
  Scene scene("machines_of_many");
  for (int time = 0; time < 2; ++time) {
    const auto machines = value_of(scene.provider->machines("hpc1"));
    assert_int_equal(machines.size(), 3);
    assert_string_equal(machines[0].id.c_str(), "7613");
    assert_true(machines[0].billed_from == from_unix_seconds(1'795'518'570));
    assert_string_equal(machines[1].id.c_str(), "7616");
    assert_true(machines[1].state == CloudState::kEnding);
    assert_true(machines[1].mark == (Mark{"hpc1", "ffffff", 1, 1}));
    assert_false(machines[1].billed_from.has_value());
    assert_string_equal(machines[2].id.c_str(), "7617");
    assert_true(machines[2].state == CloudState::kBuilding);
  }
  scene.assert_played();
}

void machine_bears_the_price_of_its_offer(void**) {
  Scene scene("machines_and_their_price");
  (void)value_of(scene.provider->offers());
  const auto machines = value_of(scene.provider->machines("hpc1"));
  scene.assert_played();
  assert_int_equal(machines.size(), 1);
  assert_true(machines[0].price_per_hour == Money::from_cents(2000));
}

void machine_whose_events_do_not_come_is_not_asked_about_again_until_it_was_gone(void**) {
  Scene scene("machine_without_events");
  assert_false(value_of(scene.provider->machines("hpc1"))[0].billed_from.has_value());
  assert_true(value_of(scene.provider->machines("hpc1"))[0].state == CloudState::kRunning);
  assert_true(value_of(scene.provider->machines("hpc1")).empty());
  assert_true(value_of(scene.provider->machines("hpc1"))[0].billed_from.has_value());
  scene.assert_played();
}

void machine_that_failed_is_unhealthy_and_does_not_bill(void**) {
  Scene scene("machine_that_failed");
  for (int time = 0; time < 2; ++time) {
    const auto machines = value_of(scene.provider->machines("hpc1"));
    assert_int_equal(machines.size(), 1);
    assert_true(machines[0].state == CloudState::kUnhealthy);
    assert_false(machines[0].billed_from.has_value());
  }
  scene.assert_played();
}

void machines_of_all_pages_are_listed(void**) {
  Scene scene("machines_on_two_pages");
  assert_int_equal(value_of(scene.provider->machines("hpc1")).size(), 3);
  scene.assert_played();
}

void list_that_changes_underway_is_read_again(void**) {
  Scene scene("machines_that_change_underway");
  const auto machines = value_of(scene.provider->machines("hpc1"));
  scene.assert_played();
  assert_int_equal(machines.size(), 2);
  assert_string_equal(machines[0].id.c_str(), "7614");
  assert_string_equal(machines[1].id.c_str(), "7615");
}

constexpr RefusedCase kRefusedLists[] = {
    {"machines_that_never_rest",
     ErrorCode::kTransient,
     "the list changed while it was read: 2 of 3 rows"},
    {"machines_cut_short",
     ErrorCode::kTransient,
     "HTTP 502: the body is no JSON: <html>bad gateway</html>"},
    {"machines_timed_out", ErrorCode::kTransient, "no answer within 30 s"},
};

void list_that_is_not_whole_is_an_error(void**) {
  assert_lists_refused<Scene>(kRefusedLists, "hyperstack: list machines: ");
}

// ---- release

void release_is_one_call_a_machine_and_tells_when_the_last_was_accepted(void**) {
  Scene scene("release_of_two");
  const auto released = value_of(scene.provider->release({"7613", "7614"}));
  scene.assert_played();
  assert_true(released.accepted == Ids({"7613", "7614"}));
  assert_true(released.at == from_unix_seconds(1'795'520'002));
}

const std::vector<ReleasedCase> kReleased{
    {"release_of_three_with_one_too_early", {"7613", "7614", "7615"}, {"7613", "7615"}},
    {"release_of_an_unknown_one", {"7613"}, {"7613"}},
    {"release_of_three_with_an_unknown_one", {"7613", "7614", "7615"}, {"7613", "7614", "7615"}},
    {"release_answered_now_and_then", {"7613", "7614", "7615", "7616", "7617"}, {"7614", "7617"}},
    {"release_rate_limited", {"7613", "7614", "7615"}, {"7613"}},
};

void release_tells_what_was_accepted(void**) {
  assert_released<Scene>(kReleased);
}

void release_that_comes_too_early_is_to_be_tried_again(void**) {
  Scene scene("release_too_early");
  assert_error(scene.provider->release({"7613", "7614"}),
               ErrorCode::kTransient,
               "hyperstack: release of 7613: HTTP 400: bad_request: VM pool-a-0001 is currently "
               "being created and cannot be deleted yet. Please wait until the creation process is "
               "finished before attempting deletion.");
  scene.assert_played();
}

void release_ends_early_when_nobody_answers(void**) {
  Scene scene("release_unanswered");
  assert_error(scene.provider->release({"7613", "7614", "7615"}),
               ErrorCode::kUnknownOutcome,
               "hyperstack: release of 7613: no answer within 60 s");
  scene.assert_played();
}

void release_with_a_wrong_key_ends_at_once(void**) {
  Scene scene("release_with_wrong_key");
  assert_error(scene.provider->release({"7613", "7614"}),
               ErrorCode::kUnauthorized,
               "hyperstack: release of 7613: HTTP 401: unauthorized: API key is invalid.");
  scene.assert_played();
}

void release_of_nothing_sends_nothing(void**) {
  assert_release_of_nothing_sends_nothing<Scene>("release_of_two");
}

void wrong_address_does_not_read_as_gone(void**) {
  Scene scene("release_at_a_wrong_address");
  assert_error(
      scene.provider->release({"7613"}),
      ErrorCode::kProtocol,
      "hyperstack: release of 7613: HTTP 404: the body is no JSON: <html>no such page</html>");
  scene.assert_played();
}

void release_that_is_not_confirmed_is_not_accepted(void**) {
  Scene scene("release_without_a_word");
  assert_error(
      scene.provider->release({"7613"}),
      ErrorCode::kProtocol,
      "hyperstack: release of 7613: the answer was not understood: its status is not true");
  scene.assert_played();
}

// ---- check

void check_asks_for_what_the_configuration_names(void**) {
  Scene scene("check");
  const auto findings = value_of(scene.provider->check());
  scene.assert_played();
  assert_all_good(findings, 6);
}

void check_without_the_environment_asks_for_nothing_in_it(void**) {
  Scene scene("check_without_its_environment");
  const auto findings = value_of(scene.provider->check());
  scene.assert_played();
  assert_int_equal(findings.size(), 3);
  assert_true(findings[1].level == AccountFinding::Level::kFailure);
}

void check_with_a_key_that_may_not_see_the_money_is_a_warning(void**) {
  Scene scene("check_with_a_narrow_role");
  const auto findings = value_of(scene.provider->check());
  scene.assert_played();
  assert_true(findings.back().level == AccountFinding::Level::kWarning);
  assert_non_null(std::strstr(findings.back().text.c_str(), "Your role does not allow it."));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(offers_join_flavors_stock_and_prices),
      cmocka_unit_test(environment_is_asked_for_once),
      cmocka_unit_test(environment_outside_the_configured_regions_has_no_offers),
      cmocka_unit_test(offers_without_one_of_their_lists_are_an_error),
      cmocka_unit_test(offers_without_a_configured_environment_are_an_error),
      cmocka_unit_test(order_of_two_gives_their_ids_and_the_time),
      cmocka_unit_test(order_that_is_given_fewer_tells_so),
      cmocka_unit_test(what_is_known_of_the_account_is_not_asked_for_again),
      cmocka_unit_test(image_is_chosen_anew_after_a_while),
      cmocka_unit_test(account_is_asked_about_anew_after_an_invalid_order),
      cmocka_unit_test(configured_words_make_a_refusal_one_of_their_kind),
      cmocka_unit_test(refused_order_is_told_by_its_cure),
      cmocka_unit_test(order_that_came_too_soon_waits_for_the_next_minute),
      cmocka_unit_test(order_in_another_region_than_the_environments_is_invalid),
      cmocka_unit_test(order_that_cannot_be_right_is_never_sent),
      cmocka_unit_test(mark_that_is_too_long_for_a_name_is_never_sent),
      cmocka_unit_test(machine_is_listed_with_its_address_and_since_when_it_bills),
      cmocka_unit_test(machines_are_those_with_our_clusters_mark_and_are_asked_about_once),
      cmocka_unit_test(machine_bears_the_price_of_its_offer),
      cmocka_unit_test(machine_whose_events_do_not_come_is_not_asked_about_again_until_it_was_gone),
      cmocka_unit_test(machine_that_failed_is_unhealthy_and_does_not_bill),
      cmocka_unit_test(machines_of_all_pages_are_listed),
      cmocka_unit_test(list_that_changes_underway_is_read_again),
      cmocka_unit_test(list_that_is_not_whole_is_an_error),
      cmocka_unit_test(release_is_one_call_a_machine_and_tells_when_the_last_was_accepted),
      cmocka_unit_test(release_tells_what_was_accepted),
      cmocka_unit_test(release_that_comes_too_early_is_to_be_tried_again),
      cmocka_unit_test(release_ends_early_when_nobody_answers),
      cmocka_unit_test(release_with_a_wrong_key_ends_at_once),
      cmocka_unit_test(release_of_nothing_sends_nothing),
      cmocka_unit_test(wrong_address_does_not_read_as_gone),
      cmocka_unit_test(release_that_is_not_confirmed_is_not_accepted),
      cmocka_unit_test(check_asks_for_what_the_configuration_names),
      cmocka_unit_test(check_without_the_environment_asks_for_nothing_in_it),
      cmocka_unit_test(check_with_a_key_that_may_not_see_the_money_is_a_warning),
  };
  return cmocka_run_group_tests_name("providers.hyperstack_exchange", tests, nullptr, nullptr);
}
