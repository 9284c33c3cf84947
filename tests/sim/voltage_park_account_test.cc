// SPDX-License-Identifier: GPL-2.0-or-later
//
// What belongs to the account at Voltage Park: keys, money, checks. By
// providers/voltage-park.md sections 2.6 to 2.8.
#include <string>

#include "tests/sim/voltage_park_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

void ssh_keys_are_listed_added_and_deleted(void**) {
  VoltageParkWorld world;
  const Served added =
      world.call("POST", "/organization/ssh-keys", R"({"name":"My-Key 2","content":"ssh-rsa A"})");
  assert_int_equal(added.answer.status, 201);
  assert_string_equal(text_in(VoltageParkWorld::json(added), "content").c_str(), "ssh-rsa A");
  const Json list = VoltageParkWorld::json(world.call("GET", "/organization/ssh-keys"));
  assert_int_equal(list.get("results").size(), 2);
  assert_string_equal(text_in(list.get("results").at(1), "name").c_str(), "My-Key 2");
  const std::string path = "/organization/ssh-keys/" + text_in(VoltageParkWorld::json(added), "id");
  const Served deleted = world.call("DELETE", path);
  assert_int_equal(deleted.answer.status, 204);
  assert_string_equal(deleted.answer.body.c_str(), "");
  assert_int_equal(world.call("DELETE", path).answer.status, 404);
}

void ssh_keys_of_wrong_form_are_refused(void**) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "body value_error.missing"},
      {"{", "body value_error.jsondecode"},
      {"[]", "body type_error.dict"},
      {"{}", "name value_error.missing"},
      {R"({"name":"key"})", "content value_error.missing"},
      {R"({"name":null,"content":"k"})", "name type_error.none.not_allowed"},
      {R"({"name":7,"content":"k"})", "name type_error.str"},
      {R"({"name":"ab","content":"k"})", "name value_error.str.regex"},
      {R"({"name":"a_b","content":"k"})", "name value_error.str.regex"},
      {R"({"name":"a.b","content":"k"})", "name value_error.str.regex"},
      {R"({"name":")" + std::string(65, 'a') + R"(","content":"k"})", "name value_error.str.regex"},
      {R"({"name":"key","content":""})", "content value_error.any_str.min_length"},
      {R"({"name":"key","public_key":"k"})", "public_key value_error.extra"},
  };
  VoltageParkWorld world;
  for (const auto& [body, mistake] : cases) {
    world.expect_mistake(mistake, "POST", "/organization/ssh-keys", body);
  }
}

void organization_has_a_name_and_no_balance(void**) {
  VoltageParkWorld world;
  const Json shown = VoltageParkWorld::json(world.call("GET", "/organization/"));
  assert_true(shown.string("id") && shown.string("name"));
  assert_true(shown.get("billing_notification_target_emails").is_array());
  assert_true(shown.boolean("low_balance_emails_enabled").has_value());
  assert_int_equal(shown.size(), 4);
}

void hourly_rate_is_that_of_all_that_runs(void**) {
  VoltageParkWorld world;
  const auto rate = [&] {
    return text_in(VoltageParkWorld::json(world.call("GET", "/billing/hourly-rate")),
                   "rate_hourly");
  };
  assert_string_equal(rate().c_str(), "0.00");
  const std::string id = world.rent(16);
  assert_string_equal(rate().c_str(), "39.84");
  assert_string_not_equal(world.rent_vm().c_str(), "");
  assert_string_equal(rate().c_str(), "41.75");
  assert_int_equal(world.call("DELETE", "/bare-metal/" + id).answer.status, 204);
  assert_string_equal(rate().c_str(), "1.91");
}

void transactions_have_a_charge_for_each_order(void**) {
  VoltageParkWorld world;
  const std::string rental = world.rent(16);
  const std::string machine = world.rent_vm();
  world.clock.advance(std::chrono::minutes(60));
  assert_int_equal(world.call("DELETE", "/bare-metal/" + rental).answer.status, 204);
  const Json list =
      VoltageParkWorld::json(world.call("GET", "/billing/transactions/")).get("results");
  assert_int_equal(list.size(), 2);
  const Json first = list.at(0).get("details");
  assert_string_equal(text_in(first, "type").c_str(), "baremetal_charge");
  assert_string_equal(text_in(list.at(0), "amount").c_str(), "39.84");
  const Json linked = first.get("linked_instance");
  assert_string_equal(text_in(linked, "baremetal_rental_id").c_str(), rental.c_str());
  assert_string_equal(text_in(linked, "timestamp_creation").c_str(), "2026-11-18T11:06:40Z");
  assert_string_equal(text_in(linked, "timestamp_deletion").c_str(), "2026-11-18T12:06:40Z");
  const Json second = list.at(1).get("details");
  assert_string_equal(text_in(second, "type").c_str(), "charge");
  assert_string_equal(text_in(list.at(1), "amount").c_str(), "1.91");
  assert_string_equal(text_in(second.get("linked_instance"), "virtual_machine_id").c_str(),
                      machine.c_str());
  assert_true(second.get("linked_instance").get("timestamp_deletion").is_null());
}

void storage_has_a_price_and_no_volume(void**) {
  VoltageParkWorld world;
  const Json rate = VoltageParkWorld::json(world.call("GET", "/storage/hourly-rate"));
  assert_true(rate.string("hourly_rate_per_gb").has_value());
  const Json list = VoltageParkWorld::json(world.call("GET", "/storage/"));
  assert_int_equal(list.integer("total_result_count").value_or(-1), 0);
  assert_int_equal(world.call("POST", "/storage/", "{}").answer.status, 405);
}

void cloud_init_is_validated(void**) {
  const std::pair<const char*, bool> cases[] = {
      {R"({"type":"baremetal","content":"{\"runcmd\":[\"true\"]}"})", false},
      {R"({"type":"vm","content":"{}"})", false},
      {R"({"type":"instant-vm","content":"#cloud-config\nruncmd: [true]\n"})", false},
      {R"({"type":"baremetal","content":""})", true},
      {R"({"type":"baremetal","content":"#!/bin/sh\n"})", true},
      {R"({"type":"baremetal","content":"[]"})", true},
      {R"({"type":"baremetal","content":"{\"users\":[]}"})", true},
      {R"({"type":"baremetal","content":"{\"runcmd\":[1]}"})", true},
  };
  VoltageParkWorld world;
  for (const auto& [body, error] : cases) {
    const Json verdict = VoltageParkWorld::json(world.call("POST", "/validate/cloudinit", body));
    if (verdict.boolean("error") != error || verdict.get("message").is_null() == error)
      fail_msg("%s: %s", body, verdict.dump().c_str());
  }
  for (const char* body : {"{}",
                           R"({"type":"fleet","content":"{}"})",
                           R"({"type":"vm","content":{}})",
                           R"({"type":"vm","script":"x"})"}) {
    if (world.call("POST", "/validate/cloudinit", body).answer.status != 422) fail_msg("%s", body);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(ssh_keys_are_listed_added_and_deleted),
      cmocka_unit_test(ssh_keys_of_wrong_form_are_refused),
      cmocka_unit_test(organization_has_a_name_and_no_balance),
      cmocka_unit_test(hourly_rate_is_that_of_all_that_runs),
      cmocka_unit_test(transactions_have_a_charge_for_each_order),
      cmocka_unit_test(storage_has_a_price_and_no_volume),
      cmocka_unit_test(cloud_init_is_validated),
  };
  return cmocka_run_group_tests_name("sim.voltage_park_account", tests, nullptr, nullptr);
}
