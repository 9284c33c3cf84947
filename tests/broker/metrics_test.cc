// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/metrics.h"

#include <chrono>
#include <memory>
#include <string>

#include "broker/metrics_server.h"
#include "core/alerts.h"
#include "lib/http.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::minutes;

namespace {

const TimePoint kNow = from_unix_seconds(1'795'277'410);

Config some_config() {
  Config config;
  for (const char* name : {"hyperstack", "lambda"}) {
    ProviderConfig provider;
    provider.name = name;
    config.providers.push_back(provider);
  }
  return config;
}

// Two machines of one lease, half an hour old; one that is on its way out; a cool-down; an alert.
Books some_books() {
  Books books;
  auto& lease = books.leases[1];
  lease.id = 1;
  lease.offer.provider = "lambda";
  lease.price_per_hour = Money::from_micros(23'920'001);
  for (const std::int64_t id : {1, 2, 3}) {
    auto& machine = books.machines[id];
    machine.id = id;
    machine.lease = 1;
    machine.state = id == 3 ? MachineState::kReleasing : MachineState::kReady;
  }
  books.machines[1].billed_from = kNow - minutes(30);
  const OfferId whole{"hyperstack", "", "", ""};
  books.cooldowns[whole] = {whole, 1, kNow + minutes(1), "HTTP 402"};
  books.requests[4] = Request{};
  books.alerts[{"will_not_end", "lambda/3"}] = {"will_not_end", "lambda/3", kNow, "x", "y"};
  return books;
}

void expect_line(const std::string& page, const std::string& line) {
  if (("\n" + page).find("\n" + line + "\n") == std::string::npos) {
    fail_msg("no line: %s\nin\n%s", line.c_str(), page.c_str());
  }
}

}  // namespace

static void each_number_has_its_line(void**) {
  const Config config = some_config();
  const Books books = some_books();
  const auto page = format_metrics({config, books, true, true, Money::from_cents(100), kNow});
  for (const char* line : {"spillway_leader 1",
                           "spillway_last_turn_timestamp_seconds 1795277410",
                           "spillway_alerts{kind=\"will_not_end\"} 1",
                           "spillway_alerts{kind=\"key_refused\"} 0",
                           "spillway_alerts{kind=\"ledger_unwritable\"} 0",
                           "spillway_machines{provider=\"lambda\",state=\"ready\"} 2",
                           "spillway_machines{provider=\"lambda\",state=\"releasing\"} 1",
                           "spillway_machines{provider=\"hyperstack\",state=\"ready\"} 0",
                           "spillway_spend_dollars_per_hour{provider=\"lambda\"} 71.760003",
                           "spillway_spend_dollars_per_hour{provider=\"hyperstack\"} 0.000000",
                           "spillway_cooldowns{provider=\"hyperstack\"} 1",
                           "spillway_requests_open 1",
                           "spillway_permissions 0"}) {
    expect_line(page, line);
  }
}

// Those who watch need the series before the first alert, also from a broker that waits.
static void a_broker_that_waits_shows_every_series_at_zero(void**) {
  const Config config = some_config();
  const Books nothing;
  const auto page = format_metrics({config, nothing, false, false, Money{}, kNow});
  expect_line(page, "spillway_leader 0");
  expect_line(page, "spillway_alerts{kind=\"ledger_unwritable\"} 1");
  for (const auto* kind : alert_kinds())
    expect_line(page, std::string("spillway_alerts{kind=\"") + kind + "\"} 0");
  expect_line(page, "spillway_spend_dollars_this_month 0.000000");
}

static void the_last_page_is_served(void**) {
  const auto server = start_metrics_server("127.0.0.1:0");
  if (!server) fail_msg("%s", server.error().message.c_str());
  const auto transport = make_curl_transport("spillway-test");
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string((*server)->port()) + "/metrics";
  for (const char* page : {"spillway_leader 0\n", "spillway_leader 1\n"}) {
    (*server)->show(page);
    const auto answer = transport->send(request);
    if (!answer) fail_msg("%s", answer.error().message.c_str());
    assert_int_equal(answer->status, 200);
    assert_string_equal(answer->body.c_str(), page);
    const auto* type = answer->header("content-type");
    assert_true(type != nullptr && type->starts_with("text/plain; version=0.0.4"));
  }
  request.url += "x";
  assert_int_equal(transport->send(request)->status, 404);
}

static void a_port_that_is_taken_and_a_bad_address_are_refused(void**) {
  const auto first = start_metrics_server("127.0.0.1:0");
  assert_true(static_cast<bool>(first));
  const auto taken = start_metrics_server("127.0.0.1:" + std::to_string((*first)->port()));
  assert_true(!taken && taken.error().code == ErrorCode::kIo);
  for (const char* listen : {"", "9350", ":9350", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000"}) {
    const auto refused = start_metrics_server(listen);
    if (refused || refused.error().code != ErrorCode::kInvalid) fail_msg("%s", listen);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_number_has_its_line),
      cmocka_unit_test(a_broker_that_waits_shows_every_series_at_zero),
      cmocka_unit_test(the_last_page_is_served),
      cmocka_unit_test(a_port_that_is_taken_and_a_bad_address_are_refused),
  };
  return cmocka_run_group_tests_name("broker.metrics", tests, nullptr, nullptr);
}
