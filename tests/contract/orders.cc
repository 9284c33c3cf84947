// SPDX-License-Identifier: GPL-2.0-or-later
//
// Offers, orders of one machine and the list of machines, and what may go wrong on the wire.
#include <algorithm>

#include "tests/contract/scene.h"

namespace spillway::contract {
namespace {

const Offer& find_offer(const std::vector<Offer>& offers, const OfferId& id) {
  const auto found =
      std::find_if(offers.begin(), offers.end(), [&](const Offer& o) { return o.id == id; });
  if (found == offers.end()) fail_msg("no offer %s", format_offer_id(id).c_str());
  return *found;
}

void offers_have_price_shape_and_stock(void**) {
  Scene scene;
  const auto before = scene.clock.now();
  const auto offers = value_of(scene.provider->offers());
  const auto& offer = find_offer(offers, row().offer);
  assert_true(offer.price_per_hour == Money::from_cents(row().price_cents));
  assert_true(offer.price_source == PriceSource::kLive);
  assert_true(before <= offer.seen_at && offer.seen_at <= scene.clock.now());
  assert_string_equal(offer.gpu.c_str(), "h100");
  assert_int_equal(offer.gpus, 8);
  assert_true(offer.cpus > 0 && offer.memory_mib > 0);
  assert_true(!offer.stock || *offer.stock == row().stock);
  assert_true(find_offer(offers, row().sold_out).stock == 0);
}

// A cloud may not tell everything of its machines; what it tells must be right.
bool may_be(const std::string& told, const std::string& right) {
  return told.empty() || told == right;
}

void assert_is_of_the_order(const CloudMachine& machine, std::int64_t call) {
  assert_true(machine.mark == make_spec(call).mark);
  assert_true(may_be(machine.offer.region, row().offer.region));
  assert_true(may_be(machine.offer.type, row().offer.type));
  assert_true(may_be(machine.offer.fabric, row().offer.fabric));
  assert_true(!machine.price_per_hour ||
              machine.price_per_hour == Money::from_cents(row().price_cents));
}

void ordered_machine_is_listed_with_its_mark(void**) {
  Scene scene;
  order_one(scene, 1);
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_is_of_the_order(machines[0], 1);
}

void machine_starts_to_run_and_gets_an_address(void**) {
  Scene scene;
  order_one(scene, 1);
  await("a running machine", [&] {
    const auto machines = list(scene);
    return machines.size() == 1 && machines[0].state == CloudState::kRunning &&
           !machines[0].address.empty();
  });
  assert_is_of_the_order(list(scene)[0], 1);
}

void machine_that_fails_its_health_check_is_told(void**) {
  if (!row().tells_unhealthy) skip();
  Scene scene;
  scene.cloud.set_faults(R"([{"match":{"machine":"next"},"do":"unhealthy","times":1}])");
  order_one(scene, 1);
  await("an unhealthy machine", [&] {
    const auto machines = list(scene);
    return machines.size() == 1 && machines[0].state == CloudState::kUnhealthy;
  });
}

void orders_beyond_the_stock_are_refused_for_capacity(void**) {
  Scene scene;
  for (int call = 1; call <= row().stock; ++call)
    order_one(scene, call);
  assert_error(scene.provider->order(make_spec(row().stock + 1)), ErrorCode::kNoCapacity);
  assert_int_equal(list(scene).size(), row().stock);
  assert_true(find_offer(value_of(scene.provider->offers()), row().offer).stock == 0);
}

void order_of_a_sold_out_offer_is_refused_for_capacity(void**) {
  Scene scene;
  assert_error(scene.provider->order(make_spec(1, row().sold_out)), ErrorCode::kNoCapacity);
  assert_int_equal(count_ever_made(scene), 0);
}

void order_of_an_unknown_type_is_invalid(void**) {
  Scene scene;
  auto offer = row().offer;
  offer.type = "no-such-type";
  assert_error(scene.provider->order(make_spec(1, offer)), ErrorCode::kInvalid);
  assert_int_equal(count_ever_made(scene), 0);
}

void order_lost_before_its_effect_made_nothing(void**) {
  Scene scene;
  set_fault(scene, row().order_call, "timeout_before");
  scene.transport.is_impatient = true;
  assert_error(scene.provider->order(make_spec(1)), ErrorCode::kUnknownOutcome);
  scene.transport.is_impatient = false;
  assert_int_equal(list(scene).size(), 0);
}

void order_lost_after_its_effect_is_found_by_its_mark(void**) {
  Scene scene;
  set_fault(scene, row().order_call, "timeout_after");
  scene.transport.is_impatient = true;
  assert_error(scene.provider->order(make_spec(1)), ErrorCode::kUnknownOutcome);
  scene.transport.is_impatient = false;
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_true(machines[0].mark == make_spec(1).mark);
}

void order_that_ends_in_an_error_after_its_effect_is_found_by_its_mark(void**) {
  Scene scene;
  set_fault(scene, row().order_call, "error_after");
  assert_error(scene.provider->order(make_spec(1)), ErrorCode::kUnknownOutcome);
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_true(machines[0].mark == make_spec(1).mark);
}

// kProtocol and kUnknownOutcome have one cure: ask.
void assert_must_ask(const Result<Ordered>& result) {
  const bool is_doubt = !result && (result.error().code == ErrorCode::kProtocol ||
                                    result.error().code == ErrorCode::kUnknownOutcome);
  if (!is_doubt) fail_msg("%s", result ? "no error" : result.error().message.c_str());
}

void order_is_never_repeated_by_the_driver(void**) {
  for (const char* fault : {"error_after", "truncate", "html"}) {
    Scene scene;
    set_fault(scene, row().order_call, fault);
    assert_must_ask(scene.provider->order(make_spec(1)));
    if (count_ever_made(scene) > 1) fail_msg("ordered twice after %s", fault);
  }
}

void rate_limit_names_the_wait_when_the_cloud_does(void**) {
  Scene scene;
  set_fault(scene, row().order_call, "rate_limit", R"(,"retry_after":2)");
  const auto limited = scene.provider->order(make_spec(1));
  assert_error(limited, ErrorCode::kRateLimited);
  assert_true(limited.error().retry_after == std::chrono::seconds(2));
  assert_int_equal(count_ever_made(scene), 0);
  order_one(scene, 1);
}

void rate_limit_without_a_wait_is_a_rate_limit(void**) {
  Scene scene;
  for (const auto& call : {row().order_call, row().list_call}) {
    set_fault(scene, call, "status", R"(,"status":429,"body":"slow down")");
    const auto limited = call == row().order_call ? scene.provider->order(make_spec(1)).error()
                                                  : scene.provider->machines(kCluster).error();
    if (limited.code != ErrorCode::kRateLimited) fail_msg("%s", limited.message.c_str());
    const bool has_wait = limited.retry_after.has_value();
    if (has_wait != row().limits_minutes)
      fail_msg("a wait from nowhere, or none: %s", call.c_str());
    if (has_wait) assert_in_range(limited.retry_after->count(), 1, 60);
  }
}

void garbled_answer_to_an_order_must_be_asked_about(void**) {
  for (const char* fault : {"html", "empty", "truncate"}) {
    Scene scene;
    set_fault(scene, row().order_call, fault);
    assert_must_ask(scene.provider->order(make_spec(1)));
    if (list(scene).size() > 1) fail_msg("more than one machine after %s", fault);
  }
}

void garbled_list_is_an_error_and_never_an_empty_list(void**) {
  Scene scene;
  order_one(scene, 1);
  for (const char* fault : {"html", "empty", "truncate"}) {
    set_fault(scene, row().list_call, fault);
    const auto machines = scene.provider->machines(kCluster);
    if (machines) fail_msg("%zu machines read from %s", machines->size(), fault);
  }
  set_fault(scene, row().list_call, "status", R"(,"status":500)");
  assert_error(scene.provider->machines(kCluster), ErrorCode::kTransient);
  assert_int_equal(list(scene).size(), 1);
}

void machines_of_others_are_never_listed(void**) {
  Scene scene;
  order_for_others(scene);
  assert_int_equal(list(scene).size(), 0);
  assert_int_equal(value_of(scene.provider->machines("hpc11")).size(), 1);
  order_one(scene, 1);
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_is_of_the_order(machines[0], 1);
}

void wrong_key_is_unauthorized_in_every_verb(void**) {
  Scene scene("wrong-key");
  if (!row().tells_offers_to_all) assert_error(scene.provider->offers(), ErrorCode::kUnauthorized);
  assert_error(scene.provider->order(make_spec(1)), ErrorCode::kUnauthorized);
  assert_error(scene.provider->machines(kCluster), ErrorCode::kUnauthorized);
  assert_error(scene.provider->release({row().unknown_id}), ErrorCode::kUnauthorized);
  const auto checked = scene.provider->check();
  assert_error(checked, ErrorCode::kUnauthorized);
  assert_true(checked.error().message.find("wrong-key") == std::string::npos);
  assert_int_equal(count_ever_made(scene), 0);
}

void usable_account_has_no_failure(void**) {
  Scene scene;
  const auto findings = value_of(scene.provider->check());
  assert_int_not_equal(findings.size(), 0);
  for (const auto& finding : findings) {
    if (finding.level == AccountFinding::Level::kFailure) fail_msg("%s", finding.text.c_str());
  }
}

}  // namespace

int try_orders(const std::string& name) {
  const CMUnitTest tests[] = {
      cmocka_unit_test(offers_have_price_shape_and_stock),
      cmocka_unit_test(ordered_machine_is_listed_with_its_mark),
      cmocka_unit_test(machine_starts_to_run_and_gets_an_address),
      cmocka_unit_test(machine_that_fails_its_health_check_is_told),
      cmocka_unit_test(orders_beyond_the_stock_are_refused_for_capacity),
      cmocka_unit_test(order_of_a_sold_out_offer_is_refused_for_capacity),
      cmocka_unit_test(order_of_an_unknown_type_is_invalid),
      cmocka_unit_test(order_lost_before_its_effect_made_nothing),
      cmocka_unit_test(order_lost_after_its_effect_is_found_by_its_mark),
      cmocka_unit_test(order_that_ends_in_an_error_after_its_effect_is_found_by_its_mark),
      cmocka_unit_test(order_is_never_repeated_by_the_driver),
      cmocka_unit_test(rate_limit_names_the_wait_when_the_cloud_does),
      cmocka_unit_test(rate_limit_without_a_wait_is_a_rate_limit),
      cmocka_unit_test(garbled_answer_to_an_order_must_be_asked_about),
      cmocka_unit_test(garbled_list_is_an_error_and_never_an_empty_list),
      cmocka_unit_test(machines_of_others_are_never_listed),
      cmocka_unit_test(wrong_key_is_unauthorized_in_every_verb),
      cmocka_unit_test(usable_account_has_no_failure),
  };
  const auto group = name + ".orders";
  return cmocka_run_group_tests_name(group.c_str(), tests, nullptr, nullptr);
}

}  // namespace spillway::contract
