// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/status.h"

#include <cstdlib>
#include <ctime>

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Config some_config() {
  Config config;
  config.cluster = "hpc1";
  config.policy.limits.machines = 64;
  config.policy.limits.spend_per_hour = Money::from_cents(40'000);
  config.policy.limits.spend_per_month = Money::from_cents(5'000'000);
  return config;
}

Lease some_lease(std::int64_t id, std::uint32_t job) {
  Lease lease;
  lease.id = id;
  lease.pool = "h100";
  lease.job = job;
  lease.offer = h100_offer();
  lease.price_per_hour = Money::from_cents(3'192);
  return lease;
}

Machine some_machine(std::int64_t id, std::int64_t lease, const char* node, MachineState state) {
  Machine machine;
  machine.id = id;
  machine.lease = lease;
  machine.node = node;
  machine.state = state;
  machine.state_since = kNow - minutes(42);
  machine.provider_id = "id" + std::to_string(id);
  return machine;
}

Leader some_leader() {
  return {"head1:123:abc", kNow + seconds(20), kNow - std::chrono::hours(48)};
}

// A gang that runs, one that boots, one that is being released and one that is only wanted.
Books busy_books() {
  Books books;
  books.leases[1] = some_lease(1, 1234);
  books.leases[2] = some_lease(2, 1240);
  books.leases[3] = some_lease(3, 0);
  for (const char* node : {"h100-001", "h100-002"}) {
    const auto id = static_cast<std::int64_t>(books.machines.size()) + 1;
    books.machines[id] = some_machine(id, 1, node, MachineState::kReady);
    books.machines[id].billed_from = kNow - minutes(30);
  }
  books.machines[3] = some_machine(3, 2, "h100-003", MachineState::kBooting);
  books.machines[4] = some_machine(4, 2, "h100-004", MachineState::kWanted);
  books.machines[4].state_since = kNow - seconds(40);
  books.machines[4].not_before = kNow + seconds(12);
  books.machines[5] = some_machine(5, 3, "h100-005", MachineState::kReleasing);
  books.machines[5].billed_from = kNow - minutes(60);
  books.machines[5].releases_asked = 3;
  books.machines[5].reason = "idle";
  books.machines[6] = some_machine(6, 3, "h100-006", MachineState::kGone);
  books.permissions[1250] = {1250, "h100", {"h100-007", "h100-008"}, kNow - minutes(2)};
  const OfferId whole{"lambda", "", "", ""};
  books.cooldowns[whole] = {whole, 1, kNow + minutes(6), "HTTP 402: balance"};
  books.cooldowns[h100_offer()] = {h100_offer(), 1, kNow - minutes(1), "over"};
  books.requests[9] = Request{};
  books.alerts[{"will_not_end", "lambda/id5"}] = {"will_not_end",
                                                  "lambda/id5",
                                                  kNow - minutes(32),
                                                  "machine id5 at lambda is still listed",
                                                  "end it in the provider's console"};
  return books;
}

Charge ended_charge() {
  Charge charge;
  charge.state = MachineState::kGone;
  charge.billed_from = kNow - std::chrono::hours(100);
  charge.billed_to = kNow - std::chrono::hours(50);
  charge.price_per_hour = Money::from_cents(3'192);
  return charge;
}

}  // namespace

static void every_lease_and_state_has_its_row(void**) {
  const Config config = some_config();
  const Books books = busy_books();
  const StatusInput input{config, books, some_leader(), {ended_charge()}, kNow};
  expect_text(
      status_screen(input, false),
      "hpc1: spillwayd on head1 leads since 2 d\n"
      "NODES           MACHINES AT                        LEASE  STATE      SINCE   JOB     $/h  "
      "SPENT\n"
      "h100-[001-002]  lambda us-east-1 gpu_8x_h100_sxm5      1  ready      42 min  1234  63.84  "
      "31.92\n"
      "h100-004        lambda us-east-1 gpu_8x_h100_sxm5      2  wanted     40 s    1240  31.92   "
      "0.00  next call in 12 s\n"
      "h100-003        lambda us-east-1 gpu_8x_h100_sxm5      2  booting    42 min  1240  31.92   "
      "0.00\n"
      "h100-005        lambda us-east-1 gpu_8x_h100_sxm5      3  releasing  42 min  -     31.92  "
      "31.92  asked 3 times, still listed\n"
      "permitted: job 1250 may use h100-[007-008], since 2 min\n"
      "cooling down: lambda, tried again in 6 min: HTTP 402: balance\n"
      "open: 1 request of Slurm\n"
      "limits: 5 of 64 machines, 159.60 of 400.00 $/h, 1,659.84 of 50,000.00 $ this month\n"
      "alert: machine id5 at lambda is still listed, since 32 min\n"
      "    end it in the provider's console\n");
}

static void an_empty_ledger_says_so(void**) {
  Config config;
  config.cluster = "hpc1";
  const Books books;
  const StatusInput input{config, books, std::nullopt, {}, kNow};
  assert_false(is_led(input.leader, input.now));
  expect_text(status_screen(input, false),
              "hpc1: no broker leads: none has run on this ledger yet: start spillwayd\n"
              "no machines\n"
              "limits: 0 machines, 0.00 $/h, 0.00 $ this month\n"
              "alerts: none\n");
}

static void machines_without_a_leader_are_an_alert(void**) {
  const Config config = some_config();
  Books books;
  books.leases[1] = some_lease(1, 7);
  books.machines[1] = some_machine(1, 1, "h100-001", MachineState::kReady);
  Leader leader = some_leader();
  leader.until = kNow - minutes(5);
  const StatusInput input{config, books, leader, {}, kNow};
  assert_false(is_led(input.leader, input.now));
  const std::string text = status_screen(input, false);
  expect_text(text.substr(0, text.find('\n')),
              "hpc1: no broker leads: the last one, on head1, was in force until 5 min ago: start "
              "spillwayd");
  expect_text(text.substr(text.find("alert")),
              "alert: 1 machine may bill and no broker leads, since 5 min\n"
              "    start spillwayd\n");
}

static void an_orphan_and_a_lost_lease_are_shown(void**) {
  const Config config = some_config();
  Books books;
  books.machines[1] = some_machine(1, 8, "", MachineState::kReleasing);
  const StatusInput input{config, books, some_leader(), {}, kNow};
  const std::string text = status_screen(input, false);
  if (text.find("(1 orphan)  ?                8  releasing  42 min  -      ?   0.00\n") ==
      std::string::npos) {
    fail_msg("said\n%s", text.c_str());
  }
}

static void an_alert_stands_there_with_its_age_and_its_cure(void**) {
  const Config config = some_config();
  const Books books = busy_books();
  const StatusInput input{config, books, some_leader(), {}, kNow};
  const std::string text = status_screen(input, true);
  expect_text(text.substr(text.find("\033[31malert")),
              "\033[31malert: machine id5 at lambda is still listed\033[0m, since 32 min\n"
              "    end it in the provider's console\n");
  expect_text(status_json(input).get("alerts").dump(),
              "[{\"kind\":\"will_not_end\",\"subject\":\"lambda/id5\",\"since\":"
              "\"2026-11-24T13:28:00Z\",\"text\":\"machine id5 at lambda is still listed\","
              "\"cure\":\"end it in the provider's console\"}]");
}

static void limits_that_were_set_stand_beside_what_the_file_says(void**) {
  const Config config = some_config();
  Books books;
  const auto set = [&](const std::string& name, const std::string& value) -> Setting& {
    return books.settings[name] = {name, value, "ada", kNow - minutes(5), std::nullopt};
  };
  set("policy.limits.machines", "80").until = kNow + std::chrono::hours(4);
  set("policy.limits.spend_per_month", "none");
  set("policy.limits.spend_per_hour", "1").until = kNow - seconds(1);  // over
  set("policy.max_price_per_gpu_hour", "2.50");
  books.retries[1] = {1, "lambda", "bob", kNow - seconds(3)};
  const StatusInput input{config, books, some_leader(), {}, kNow};
  const std::string text = status_screen(input, false);
  expect_text(text.substr(text.find("open: ")),
              "open: lambda is to be tried again, asked by bob 3 s ago\n"
              "limits: 0 of 80 machines (set by ada until 18:00; file says 64), 0.00 of 400.00 "
              "$/h, 0.00 $ this month (set by ada; file says 50000.00)\n"
              "set: policy.max_price_per_gpu_hour is 2.50 (set by ada; file says none)\n"
              "alerts: none\n");
  const Json json = status_json(input);
  assert_int_equal(*json.get("limits").integer("machines_limit"), 80);
  assert_true(json.get("limits").get("spend_limit_microusd_per_month").is_null());
  assert_int_equal(json.get("settings").size(), 3);
  expect_text(*json.get("settings").at(1).string("until"), "2026-11-24T18:00:00Z");
  assert_int_equal(json.get("retries").size(), 1);
}

static void an_account_whose_key_is_refused_waits_for_the_admin(void**) {
  const Config config = some_config();
  Books books;
  const OfferId whole{"lambda", "", "", ""};
  books.cooldowns[whole] = {whole, 1, kNow + minutes(20), "HTTP 401: key refused"};
  books.cooldowns[whole].needs_admin = true;
  const StatusInput input{config, books, some_leader(), {}, kNow};
  const std::string text = status_screen(input, false);
  expect_text(text.substr(text.find("cooling"), text.find("limits") - text.find("cooling")),
              "cooling down: lambda, not tried until the key in its key_file is accepted: HTTP "
              "401: key refused\n");
  assert_true(*status_json(input).get("cooldowns").at(0).boolean("needs_admin"));
}

static void json_has_the_same_facts(void**) {
  const Config config = some_config();
  const Books books = busy_books();
  const StatusInput input{config, books, some_leader(), {ended_charge()}, kNow};
  const Json json = status_json(input);
  expect_text(*json.string("cluster"), "hpc1");
  expect_text(*json.string("at"), "2026-11-24T14:00:00Z");
  expect_text(*json.get("leader").string("host"), "head1");
  assert_true(*json.get("leader").boolean("in_force"));
  assert_int_equal(json.get("machines").size(), 5);
  expect_text(json.get("machines").at(0).dump(),
              "{\"machine\":1,\"lease\":1,\"node\":\"h100-001\",\"state\":\"ready\",\"since\":"
              "\"2026-11-24T13:18:00Z\",\"id\":\"id1\",\"address\":\"\",\"job\":1234,\"pool\":"
              "\"h100\",\"provider\":\"lambda\",\"region\":\"us-east-1\",\"type\":"
              "\"gpu_8x_h100_sxm5\",\"fabric\":\"ethernet\",\"price_microusd_per_hour\":31920000,"
              "\"spent_microusd\":15960000,\"releases_asked\":0,\"reason\":\"\"}");
  expect_text(json.get("permissions").dump(),
              "[{\"job\":1250,\"pool\":\"h100\",\"nodes\":\"h100-[007-008]\",\"since\":"
              "\"2026-11-24T13:58:00Z\"}]");
  assert_int_equal(json.get("cooldowns").size(), 1);
  assert_int_equal(*json.integer("open_requests"), 1);
  expect_text(json.get("limits").dump(),
              "{\"machines\":5,\"machines_limit\":64,\"spend_microusd_per_hour\":159600000,"
              "\"spend_limit_microusd_per_hour\":400000000,\"spend_microusd_this_month\":"
              "1659840000,\"spend_limit_microusd_per_month\":50000000000}");
  assert_int_equal(json.get("alerts").size(), 1);
}

static void json_without_a_leader_has_null(void**) {
  Config config;
  const Books books;
  const Json json = status_json({config, books, std::nullopt, {}, kNow});
  assert_true(json.get("leader").is_null());
  assert_true(json.get("limits").get("machines_limit").is_null());
}

static void a_month_begins_at_its_first_midnight(void**) {
  expect_text(format_time(start_of_month(kNow)), "2026-11-01T00:00:00Z");
  expect_text(format_time(start_of_month(start_of_month(kNow))), "2026-11-01T00:00:00Z");
}

int main() {
  setenv("TZ", "UTC", 1);
  tzset();
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_lease_and_state_has_its_row),
      cmocka_unit_test(an_empty_ledger_says_so),
      cmocka_unit_test(machines_without_a_leader_are_an_alert),
      cmocka_unit_test(an_orphan_and_a_lost_lease_are_shown),
      cmocka_unit_test(an_alert_stands_there_with_its_age_and_its_cure),
      cmocka_unit_test(limits_that_were_set_stand_beside_what_the_file_says),
      cmocka_unit_test(an_account_whose_key_is_refused_waits_for_the_admin),
      cmocka_unit_test(json_has_the_same_facts),
      cmocka_unit_test(json_without_a_leader_has_null),
      cmocka_unit_test(a_month_begins_at_its_first_midnight),
  };
  return cmocka_run_group_tests_name("cli.status", tests, nullptr, nullptr);
}
