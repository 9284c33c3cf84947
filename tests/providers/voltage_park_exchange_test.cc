// SPDX-License-Identifier: GPL-2.0-or-later
//
// The whole driver against recorded exchanges, tests/data/voltage-park/*.http.
#include <cstring>
#include <string>

#include "tests/providers/exchange_scene.h"

using namespace spillway;

namespace {

ProviderConfig make_config(const std::string& ssh_key) {
  ProviderConfig config;
  config.name = "voltage-park";
  config.ssh_key = ssh_key;
  return config;
}

struct Scene : ExchangeScene {
  explicit Scene(const std::string& file, const std::string& ssh_key = "ops")
      : ExchangeScene(file, make_config(ssh_key), from_unix_seconds(1'795'277'410)) {}
};

OrderSpec make_spec(int machines = 2) {
  OrderSpec spec;
  spec.offer = {"voltage-park", "3f2a", "bare-metal", "infiniband"};
  spec.machines = machines;
  spec.mark = {"hpc1", "0a1b2c", 7, 2};
  spec.user_data = "#!/bin/sh\ntrue\n";
  return spec;
}

OrderSpec make_vm_spec(const char* type = "vm-1x-h100-sxm5-80gb") {
  auto spec = make_spec(1);
  spec.offer = {"voltage-park", "77bb", type, "ethernet"};
  return spec;
}

// ---- offers

void offers_are_the_networks_and_the_presets(void**) {
  Scene scene("offers");
  const auto offers = scene.provider->offers();
  scene.assert_played();
  assert_true(offers && offers->size() == 6);
  struct Row {
    const char* id;
    int stock;
    std::int64_t micros;
  };
  constexpr Row kRows[] = {
      {"voltage-park 3f2a bare-metal", 8, 15'920'000},
      {"voltage-park 3f2a bare-metal infiniband", 16, 19'920'000},
      {"voltage-park 77bb vm-1x-h100-sxm5-80gb", 5, 1'910'000},
      {"voltage-park 77bb vm-2x-h100-sxm5-80gb", 2, 3'800'000},
      {"voltage-park 77bb vm-4x-h100-sxm5-80gb", 1, 7'580'000},
      {"voltage-park 77bb vm-8x-h100-sxm5-80gb", 0, 15'140'000},
  };
  for (std::size_t i = 0; i < offers->size(); ++i) {
    const auto& offer = (*offers)[i];
    assert_string_equal(format_offer_id(offer.id).c_str(), kRows[i].id);
    if (offer.stock != kRows[i].stock) fail_msg("another stock: %s", kRows[i].id);
    if (offer.price_per_hour->micros() != kRows[i].micros) fail_msg("price: %s", kRows[i].id);
  }
}

void offers_that_are_sold_out_are_among_them(void**) {
  Scene scene("offers_sold_out");
  const auto offers = scene.provider->offers();
  scene.assert_played();
  assert_true(offers && offers->size() == 2);
  for (const auto& offer : *offers)
    assert_true(offer.stock == 0 && offer.price_per_hour);
}

// ---- orders

void assert_ordered(const char* file) {
  Scene scene(file);
  const auto ordered = scene.provider->order(make_spec());
  scene.assert_played();
  if (!ordered) fail_msg("%s", ordered.error().message.c_str());
  assert_true((ordered->ids == Ids{"b6c0#1/2", "b6c0#2/2"}));
  assert_true(ordered->at == scene.clock.now());
}

void order_of_nodes_is_one_rental_of_places(void**) {
  for (const char* file : {"order_accepted", "order_answered_otherwise", "order_with_a_warning"})
    assert_ordered(file);
}

void ssh_key_is_looked_up_once(void**) {
  Scene scene("order_accepted");
  assert_true(bool(scene.provider->order(make_spec())));
  scene.assert_played();
  (void)scene.provider->order(make_spec());
  const auto verdict = scene.recording.verdict();
  assert_non_null(std::strstr(verdict.c_str(), "nothing more must be sent, but was:\nPOST"));
}

constexpr RefusedCase kRefusedOrders[] = {
    {"order_without_capacity", ErrorCode::kNoCapacity, "HTTP 400: Not enough GPUs available"},
    {"order_without_balance", ErrorCode::kBalance, "HTTP 400: Insufficient balance"},
    {"order_refused_in_other_words",
     ErrorCode::kNoCapacity,
     "HTTP 400: This order cannot be served; the stock is 1"},
    {"order_invalid",
     ErrorCode::kInvalid,
     "HTTP 422: body.name: String should have at most 20 characters"},
    {"order_timed_out", ErrorCode::kUnknownOutcome, "no answer within 60 s"},
    {"order_unsent", ErrorCode::kTransient, "could not connect"},
    {"order_with_internal_error", ErrorCode::kUnknownOutcome, "HTTP 500: Internal Server Error"},
    {"order_unavailable",
     ErrorCode::kUnknownOutcome,
     "HTTP 503: the body is no JSON: <html>busy</html>"},
    {"order_answered_by_a_page",
     ErrorCode::kProtocol,
     "HTTP 200: the answer was not understood: the body is no JSON: "
     "<html>Bearer (key) is welcome</html>"},
    {"order_redirected",
     ErrorCode::kProtocol,
     "HTTP 307: a redirect to https://cloud-api.voltagepark.com/api/v1/bare-metal, and none is "
     "followed: is base_url right?"},
    {"order_rate_limited", ErrorCode::kRateLimited, "HTTP 429: Too many requests"},
    {"order_with_wrong_key", ErrorCode::kUnauthorized, "HTTP 401: Invalid token"},
    {"order_with_an_unknown_ssh_key",
     ErrorCode::kInvalid,
     "ssh_key: Voltage Park knows no key ops: did you mean opps?"},
};

void refused_order_is_told_by_its_cure(void**) {
  assert_orders_refused<Scene>(kRefusedOrders,
                               "voltage-park: order spillway-hpc1-0a1b2c-7-2 (2 x voltage-park "
                               "3f2a bare-metal infiniband): ",
                               make_spec());
}

void order_that_came_too_soon_names_the_wait(void**) {
  Scene scene("order_rate_limited");
  const auto ordered = scene.provider->order(make_spec());
  assert_true(!ordered && ordered.error().retry_after == std::chrono::seconds(17));
}

void order_that_cannot_be_right_is_never_sent(void**) {
  std::vector<OrderSpec> wrong(8, make_spec());
  wrong[0].machines = 0;
  wrong[1].machines = 65;
  wrong[2].user_data.assign(16'385, 'x');
  wrong[3].offer.region.clear();
  wrong[4].offer.type = "no-such-type";
  wrong[5].offer.type = "bare-metal-0x-h100";
  wrong[6].offer.fabric = "";
  wrong[7].offer.fabric = "roce";
  assert_never_ordered<Scene>("order_accepted", wrong);
}

void order_of_a_vm_looks_for_its_preset_first(void**) {
  Scene scene("order_of_a_vm", "all");
  const auto ordered = scene.provider->order(make_vm_spec());
  scene.assert_played();
  assert_true(ordered && ordered->ids == Ids{"vm/1a2b"});
}

void order_of_a_vm_uses_the_preset_that_offers_told(void**) {
  Scene scene("order_of_a_vm", "all");
  assert_true(bool(scene.provider->offers()));
  assert_true(bool(scene.provider->order(make_vm_spec())));
  scene.assert_played();
}

// One VM a call: the caller asks for the rest again.
void order_of_many_vms_gives_one(void**) {
  Scene scene("order_of_a_vm", "all");
  auto spec = make_vm_spec();
  spec.machines = 3;
  const auto ordered = scene.provider->order(spec);
  assert_true(ordered && ordered->ids.size() == 1);
}

void vm_whose_preset_is_gone_is_out_of_capacity(void**) {
  Scene scene("order_of_a_vm_without_a_preset", "all");
  const auto ordered = scene.provider->order(make_vm_spec());
  scene.assert_played();
  assert_true(!ordered && ordered.error().code == ErrorCode::kNoCapacity);
}

void vm_refused_in_other_words_is_out_of_capacity_by_its_stock(void**) {
  Scene scene("order_of_a_vm_without_capacity", "all");
  const auto ordered = scene.provider->order(make_vm_spec("vm-8x-h100-sxm5-80gb"));
  scene.assert_played();
  assert_true(!ordered && ordered.error().code == ErrorCode::kNoCapacity);
}

// ---- machines

void machines_are_those_with_our_clusters_mark(void**) {
  Scene scene("machines");
  const auto machines = scene.provider->machines("hpc1");
  scene.assert_played();
  assert_true(bool(machines));
  Ids ids;
  for (const auto& machine : *machines)
    ids.push_back(machine.id);
  assert_true(
      (ids == Ids{"b6c1#1/2", "b6c1#2/2", "b6c0/203.0.113.10", "b6c0/203.0.113.11", "vm/1a2b"}));
  assert_true((*machines)[0].state == CloudState::kBuilding);
  assert_true((*machines)[2].state == CloudState::kRunning);
  assert_true(((*machines)[2].mark == Mark{"hpc1", "0a1b2c", 7, 2}));
}

void machines_of_all_pages_are_listed_once(void**) {
  for (const char* file : {"machines_on_two_pages", "machines_sliding"}) {
    Scene scene(file);
    const auto machines = scene.provider->machines("hpc1");
    scene.assert_played();
    if (!machines) fail_msg("%s", machines.error().message.c_str());
    assert_int_equal(machines->size(), 17);
  }
}

constexpr RefusedCase kRefusedLists[] = {
    {"machines_cut_short",
     ErrorCode::kTransient,
     "HTTP 502: the body is no JSON: <html>bad gateway</html>"},
    {"machines_timed_out", ErrorCode::kTransient, "no answer within 30 s"},
    {"machines_without_vms",
     ErrorCode::kProtocol,
     "HTTP 200: the answer was not understood: the body is no JSON: <html>dashboard</html>"},
};

void list_that_is_not_whole_is_an_error(void**) {
  assert_lists_refused<Scene>(kRefusedLists, "voltage-park: list machines: ");
}

// ---- releases

const std::vector<ReleasedCase> kReleased{
    {"release_of_a_whole_rental",
     {"b6c0/203.0.113.11", "b6c0/203.0.113.10"},
     {"b6c0/203.0.113.11", "b6c0/203.0.113.10"}},
    {"release_of_one_node", {"b6c0/203.0.113.11"}, {"b6c0/203.0.113.11"}},
    {"release_of_the_last_node", {"b6c0/203.0.113.10"}, {"b6c0/203.0.113.10"}},
    {"release_of_a_pending_rental", {"b6c0#1/2", "b6c0#2/2"}, {"b6c0#1/2", "b6c0#2/2"}},
    {"release_of_a_failed_rental", {"b6c0#1/2", "b6c0#2/2"}, {"b6c0#1/2", "b6c0#2/2"}},
    {"release_of_a_rental_too_new_for_the_list",
     {"b6c0#1/2", "b6c0#2/2"},
     {"b6c0#1/2", "b6c0#2/2"}},
    {"release_of_what_is_gone",
     {"b6c0/203.0.113.99", "b6c1#1/2", "b6c2/203.0.113.20"},
     {"b6c0/203.0.113.99", "b6c1#1/2", "b6c2/203.0.113.20"}},
    {"release_of_vms", {"vm/1a2b", "vm/1a2c"}, {"vm/1a2b", "vm/1a2c"}},
    {"release_of_two_one_refused",
     {"b6c0/203.0.113.10", "b6c0/203.0.113.11", "b6c2/203.0.113.20"},
     {"b6c2/203.0.113.20"}},
};

void release_ends_what_is_asked_for_and_no_neighbour(void**) {
  assert_released<Scene>(kReleased);
}

void release_is_dated_by_the_clouds_clock(void**) {
  Scene scene("release_of_one_node");
  const auto released = scene.provider->release({"b6c0/203.0.113.11"});
  assert_true(released && released->at == from_unix_seconds(1'795'277'417));
}

void part_of_a_pending_rental_waits_for_the_rest(void**) {
  Scene scene("release_of_a_pending_rental_in_parts");
  assert_error(scene.provider->release({"b6c0#1/2"}),
               ErrorCode::kTransient,
               "voltage-park: release of 1: rental b6c0 cannot be parted before its nodes have "
               "addresses");
  const auto released = scene.provider->release({"b6c0#2/2"});
  scene.assert_played();
  assert_true(released && released->accepted == Ids{"b6c0#2/2"});
}

struct ReleaseErrorCase {
  const char* file;
  Ids asked;
  ErrorCode cure;
};

const ReleaseErrorCase release_errors[] = {
    {"release_of_a_place_that_runs", {"b6c0#1/2"}, ErrorCode::kTransient},
    {"release_of_a_foreign_rental", {"b6c0/203.0.113.10"}, ErrorCode::kInvalid},
    {"release_broken_off",
     {"b6c0/203.0.113.10", "b6c0/203.0.113.11", "b6c2/203.0.113.20"},
     ErrorCode::kUnknownOutcome},
    {"release_rate_limited",
     {"b6c0/203.0.113.10", "b6c0/203.0.113.11", "b6c2/203.0.113.20"},
     ErrorCode::kRateLimited},
    {"release_answered_by_a_page", {"b6c0/203.0.113.10"}, ErrorCode::kProtocol},
    {"release_at_a_wrong_address", {"b6c0/203.0.113.10"}, ErrorCode::kProtocol},
    {"machines_timed_out", {"b6c0/203.0.113.10"}, ErrorCode::kTransient},
};

void release_that_cannot_be_made_is_told_by_its_cure(void**) {
  for (const auto& row : release_errors) {
    Scene scene(row.file);
    const auto released = scene.provider->release(row.asked);
    scene.assert_played();
    if (released) fail_msg("%s: accepted", row.file);
    if (released.error().code != row.cure) fail_msg("%s", released.error().message.c_str());
  }
}

void id_that_is_none_does_not_keep_the_others(void**) {
  Scene scene("release_of_one_node");
  const auto released = scene.provider->release({"b6c0", "b6c0/203.0.113.11", ""});
  scene.assert_played();
  assert_true(released && released->accepted == Ids{"b6c0/203.0.113.11"});
  const auto refused = scene.provider->release({"b6c0"});
  assert_error(refused, ErrorCode::kInvalid, "voltage-park: release of 1: no machine's id: b6c0");
}

void release_of_nothing_sends_nothing(void**) {
  assert_release_of_nothing_sends_nothing<Scene>("release_of_one_node");
}

// ---- check

void check_asks_for_keys_locations_and_rate(void**) {
  Scene scene("check");
  const auto findings = scene.provider->check();
  scene.assert_played();
  assert_true(bool(findings));
  bool tells_rate = false;
  for (const auto& finding : *findings) {
    if (finding.level == AccountFinding::Level::kFailure) fail_msg("%s", finding.text.c_str());
    tells_rate = tells_rate || finding.text == "billing: 39.84 $/h is running now";
  }
  assert_true(tells_rate);
}

void check_goes_on_without_the_rate(void**) {
  Scene scene("check_without_billing");
  assert_true(bool(scene.provider->check()));
  scene.assert_played();
}

void check_with_a_wrong_key_is_unauthorized(void**) {
  Scene scene("order_with_wrong_key");
  assert_error(scene.provider->check(),
               ErrorCode::kUnauthorized,
               "voltage-park: list ssh keys: HTTP 401: Invalid token");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(offers_are_the_networks_and_the_presets),
      cmocka_unit_test(offers_that_are_sold_out_are_among_them),
      cmocka_unit_test(order_of_nodes_is_one_rental_of_places),
      cmocka_unit_test(ssh_key_is_looked_up_once),
      cmocka_unit_test(refused_order_is_told_by_its_cure),
      cmocka_unit_test(order_that_came_too_soon_names_the_wait),
      cmocka_unit_test(order_that_cannot_be_right_is_never_sent),
      cmocka_unit_test(order_of_a_vm_looks_for_its_preset_first),
      cmocka_unit_test(order_of_a_vm_uses_the_preset_that_offers_told),
      cmocka_unit_test(order_of_many_vms_gives_one),
      cmocka_unit_test(vm_whose_preset_is_gone_is_out_of_capacity),
      cmocka_unit_test(vm_refused_in_other_words_is_out_of_capacity_by_its_stock),
      cmocka_unit_test(machines_are_those_with_our_clusters_mark),
      cmocka_unit_test(machines_of_all_pages_are_listed_once),
      cmocka_unit_test(list_that_is_not_whole_is_an_error),
      cmocka_unit_test(release_ends_what_is_asked_for_and_no_neighbour),
      cmocka_unit_test(release_is_dated_by_the_clouds_clock),
      cmocka_unit_test(part_of_a_pending_rental_waits_for_the_rest),
      cmocka_unit_test(release_that_cannot_be_made_is_told_by_its_cure),
      cmocka_unit_test(id_that_is_none_does_not_keep_the_others),
      cmocka_unit_test(release_of_nothing_sends_nothing),
      cmocka_unit_test(check_asks_for_keys_locations_and_rate),
      cmocka_unit_test(check_goes_on_without_the_rate),
      cmocka_unit_test(check_with_a_wrong_key_is_unauthorized),
  };
  return cmocka_run_group_tests_name("providers.voltage_park_exchange", tests, nullptr, nullptr);
}
