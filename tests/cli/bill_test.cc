// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bill.h"

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Charge some_charge(std::int64_t machine, const char* node) {
  Charge charge;
  charge.machine = machine;
  charge.lease = 7;
  charge.job = 1234;
  charge.node = node;
  charge.offer = h100_offer();
  charge.provider_id = "id" + std::to_string(machine);
  charge.state = MachineState::kGone;
  charge.billed_from = kNow - minutes(90);
  charge.billed_to = kNow - minutes(30) + seconds(1);
  charge.price_per_hour = Money::from_cents(3'192);
  return charge;
}

// One that ended, one that runs, an orphan that ended, and one that never billed.
BillInput some_input() {
  Charge running = some_charge(2, "h100-002");
  running.state = MachineState::kReady;
  running.billed_from = kNow - minutes(2);
  running.billed_to.reset();
  Charge orphan = some_charge(3, "");
  orphan.job = 0;
  orphan.price_per_hour = Money::from_cents(120'000);
  Charge never = some_charge(4, "h100-004");
  never.state = MachineState::kRefused;
  never.billed_from.reset();
  never.billed_to.reset();
  return {{some_charge(1, "h100-001"), running, orphan, never}, kNow};
}

}  // namespace

static void each_machine_has_its_line_and_the_total_is_their_sum(void**) {
  expect_text(bill_screen(some_input(), false),
              "LEASE   JOB  NODE      MACHINE AT                         BILLED FROM           FOR "
              "        $/h    COST $\n"
              "    7  1234  h100-001  lambda us-east-1 gpu_8x_h100_sxm5  2026-11-24T12:30:00Z  1 h "
              "      31.92     32.45\n"
              "    7  1234  h100-002  lambda us-east-1 gpu_8x_h100_sxm5  2026-11-24T13:58:00Z  2 "
              "min     31.92      1.06  so far: still running\n"
              "    7     -  -         lambda us-east-1 gpu_8x_h100_sxm5  2026-11-24T12:30:00Z  1 h "
              "   1,200.00  1,220.00\n"
              "    7  1234  h100-004  lambda us-east-1 gpu_8x_h100_sxm5  -                     -   "
              "      31.92      0.00\n"
              "total: 1,253.52 $ for 4 machines, 1 still running\n");
}

static void nothing_billed_is_said(void**) {
  expect_text(bill_screen({{}, kNow}, false), "no machine billed in this time\n");
  expect_text(bill_json({{}, kNow}).dump(), "{\"total_microusd\":0,\"lines\":[]}");
}

static void json_is_exact_to_the_micro_dollar(void**) {
  const Json json = bill_json(some_input());
  assert_int_equal(*json.integer("total_microusd"), 32'452'000 + 1'064'000 + 1'220'000'000);
  expect_text(json.get("lines").at(0).dump(),
              "{\"machine\":1,\"lease\":7,\"job\":1234,\"node\":\"h100-001\",\"provider\":"
              "\"lambda\",\"region\":\"us-east-1\",\"type\":\"gpu_8x_h100_sxm5\",\"id\":\"id1\","
              "\"state\":\"gone\",\"billed_from\":\"2026-11-24T12:30:00Z\",\"billed_to\":"
              "\"2026-11-24T13:30:01Z\",\"price_microusd_per_hour\":31920000,\"cost_microusd\":"
              "32452000}");
  assert_true(json.get("lines").at(1).get("billed_to").is_null());
  assert_true(json.get("lines").at(3).get("billed_from").is_null());
}

static void since_is_read_as_people_write_it(void**) {
  const struct {
    const char* text;
    const char* since;
  } kAccepted[] = {
      {"90s", "2026-11-24T13:58:30Z"},
      {"1d", "2026-11-23T14:00:00Z"},
      {"2026-11-01", "2026-11-01T00:00:00Z"},
      {"2026-11-01T08:00:00Z", "2026-11-01T08:00:00Z"},
  };
  for (const auto& each : kAccepted) {
    const auto since = parse_since(each.text, kNow);
    if (!since) fail_msg("%s: %s", each.text, since.error().message.c_str());
    expect_text(format_time(*since), each.since);
  }
}

static void since_without_a_meaning_is_refused(void**) {
  for (const char* text : {"",
                           "30",
                           "yesterday",
                           "2026-13-01",
                           "2026-11-31",
                           "11/01/2026",
                           "2026-11-1",
                           "-1d",
                           "2026-11-01T25:00:00Z"}) {
    const auto since = parse_since(text, kNow);
    if (since) fail_msg("'%s' was accepted as %s", text, format_time(*since).c_str());
  }
  expect_text(parse_since("30", kNow).error().message,
              "--since: found \"30\": how long ago (30d), a date (2026-11-01) or a time "
              "(2026-11-01T00:00:00Z) belongs here");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_machine_has_its_line_and_the_total_is_their_sum),
      cmocka_unit_test(nothing_billed_is_said),
      cmocka_unit_test(json_is_exact_to_the_micro_dollar),
      cmocka_unit_test(since_is_read_as_people_write_it),
      cmocka_unit_test(since_without_a_meaning_is_refused),
  };
  return cmocka_run_group_tests_name("cli.bill", tests, nullptr, nullptr);
}
