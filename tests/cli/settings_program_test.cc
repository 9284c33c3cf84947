// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway set` and `spillway retry` on a real ledger, with a bell in place of the broker.
#include <poll.h>

#include "ledger/wake.h"
#include "tests/cli/place.h"

using namespace spillway;

namespace {

constexpr const char* kMachines = "policy.limits.machines";

// A ledger that somebody leads, and the broker's end of the bell.
class Led : public Place {
 public:
  Led() {
    const TimePoint now = SystemClock().now();
    const auto led = open()->take_leadership("head1:1:a", now, now + std::chrono::hours(1));
    if (!led || !*led) fail_msg("the ledger cannot be led");
    auto opened = WakeSocket::open(ledger);
    if (!opened) fail_msg("%s", opened.error().message.c_str());
    bell = *std::move(opened);
  }

  [[nodiscard]] bool rang() const {
    pollfd waiting{bell->descriptor(), POLLIN, 0};
    const bool is_called = poll(&waiting, 1, 0) == 1;
    bell->drain();
    return is_called;
  }
  [[nodiscard]] Settings settings() const {
    auto settings = open()->settings();
    if (!settings) fail_msg("%s", settings.error().message.c_str());
    return *std::move(settings);
  }
  [[nodiscard]] std::string last_event() const {
    const auto events = open()->last_events(1);
    if (!events || events->empty()) fail_msg("no event");
    return events->at(0).kind + ": " + events->at(0).text;
  }

  std::unique_ptr<WakeSocket> bell;
};

}  // namespace

static void a_limit_is_set_recorded_and_the_broker_woken(void**) {
  const Led place;
  expect_ran(place.run("set policy.limits.machines 80", "SUDO_USER=ada"),
             0,
             "policy.limits.machines is 80, set by ada; file says 64\n");
  assert_true(place.rang());
  const auto settings = place.settings();
  assert_int_equal(settings.size(), 1);
  assert_true(settings.at(kMachines).value == "80" && settings.at(kMachines).set_by == "ada");
  assert_false(settings.at(kMachines).until.has_value());
  expect_text(place.last_event(), "set: ada set policy.limits.machines to 80; file says 64");
}

static void a_limit_is_set_for_a_time(void**) {
  const Led place;
  const auto before = SystemClock().now();
  expect_ran(place.run("set providers.lambda.max_spend_per_hour none --for 1h30m"), 0, "until ");
  const auto setting = place.settings().at("providers.lambda.max_spend_per_hour");
  assert_true(setting.until == setting.set_at + std::chrono::minutes(90));
  assert_true(setting.set_at >= before && setting.set_at <= SystemClock().now());
}

static void a_limit_goes_back_to_what_the_file_says(void**) {
  const Led place;
  expect_ran(place.run("set policy.limits.machines 80", "SUDO_USER=ada"), 0, "is 80");
  assert_true(place.rang());
  expect_ran(place.run("set policy.limits.machines default", "SUDO_USER=bob"),
             0,
             "policy.limits.machines is 64, as the file says\n");
  assert_true(place.rang());
  assert_true(place.settings().empty());
  expect_text(place.last_event(),
              "set: bob took back policy.limits.machines, which ada had set to 80; file says 64");
  expect_ran(place.run("set policy.limits.machines default"), 0, "was not set: it is 64");
}

// As when a provider is taken out of the file.
static void what_means_nothing_any_more_can_be_taken_back(void**) {
  const Led place;
  Changes changes;
  changes.settings = {{"providers.gone.max_machines", "1", "ada", SystemClock().now(), {}}};
  must(place.open()->commit(changes));
  expect_ran(place.run("set"), 0, "without effect");
  expect_ran(place.run("set providers.gone.max_machines default"), 0, "is forgotten");
  assert_true(place.settings().empty());
}

static void what_is_set_is_listed_and_in_the_status(void**) {
  const Led place;
  expect_ran(place.run("set policy.limits.machines 80", "SUDO_USER=ada"), 0, "is 80");
  expect_ran(place.run("set"), 0, "policy.limits.machines                     80         64  ada");
  const auto list = json_of(place.run("set --json"));
  expect_text(*list.at(1).string("in_force"), "80");
  expect_ran(place.run("status"), 0, "limits: 0 of 80 machines (set by ada; file says 64)");
  const auto after = json_of(place.run("set policy.limits.machines default --json"));
  expect_text(*after.at(1).string("in_force"), "64");
}

static void without_a_broker_it_is_kept_and_said(void**) {
  const Led place;
  must(place.open()->give_up_leadership("head1:1:a"));
  expect_ran(place.run("set policy.limits.machines 80"), 0, "no broker leads");
  assert_int_equal(place.settings().size(), 1);
  expect_ran(place.run("retry lambda"), 0, "no broker leads");
  assert_int_equal(place.open()->retries()->size(), 1);
}

static void what_is_wrong_is_refused_and_nothing_is_kept(void**) {
  const Led place;
  const struct {
    const char* arguments;
    const char* words;
  } cases[] = {
      {"set policy.limits.machines", "policy.limits.machines: say what: a value, none"},
      {"set policy.limits.machines -- -1", "found \"-1\": a whole number from 0 (rents nothing)"},
      {"set policy.limits.machines many", "found \"many\": a whole number"},
      {"set policy.limits.machines 8.5", "found \"8.5\": a whole number"},
      {"set policy.limits.machines -- -8", "found \"-8\": a whole number"},
      {"set policy.limits.spend_per_hour 4,000", "found \"4,000\": dollars from 0 (rents nothing)"},
      {"set policy.max_price_per_gpu_hour 3.50$", "found \"3.50$\": dollars above zero"},
      {"set policy.limits.machine 8", "did you mean policy.limits.machines?"},
      {"set policy.limits.machine default", "did you mean policy.limits.machines?"},
      {"set policy.keep_paid true", "policy.keep_paid: not to be set: there are policy."},
      {"set providers.hyperstack.max_machines 8", "providers.lambda.max_machines"},
      {"set policy.limits.machines 8 --for 6", "--for: found \"6\": a time above zero"},
      {"set policy.limits.machines 8 --for 0s", "--for: found \"0s\": a time above zero"},
      {"set policy.limits.machines 8 --for soon", "--for: found \"soon\": a time above zero"},
      {"set policy.limits.machines 8 --for 99999999999d", "a time above zero"},
      {"set policy.limits.machines default --for 6h", "leave --for away"},
      {"set policy.limits.machines 8 9", "9"},
      {"retry", "provider"},
      {"retry hyperstack", "hyperstack is not configured in "},
      {"retry ''", "is not configured in "},
      {"retry lambda us-east-1", "us-east-1"},
  };
  for (const auto& each : cases)
    expect_ran(place.run(each.arguments), 2, each.words);
  assert_true(place.settings().empty());
  assert_true(place.open()->retries()->empty());
  assert_false(place.rang());
}

static void without_a_ledger_nothing_is_made(void**) {
  const Place place;
  for (const char* arguments : {"set", "set policy.limits.machines 8", "retry lambda"})
    expect_ran(place.run(arguments), 1, "spillwayd makes the ledger when it first starts");
  assert_false(static_cast<bool>(read_file(place.ledger)));
}

static void a_provider_is_tried_again(void**) {
  const Led place;
  const auto now = SystemClock().now();
  const OfferId account{"lambda", "", "", ""};
  const OfferId other{"hyperstack", "", "", ""};
  Changes changes;
  changes.cooldowns = {{account, 2, now + std::chrono::minutes(9), "HTTP 402: no balance"},
                       {other, 1, now + std::chrono::minutes(9), "HTTP 500"}};
  must(place.open()->commit(changes));
  const auto ran = place.run("retry lambda", "SUDO_USER=ada");
  expect_ran(ran, 0, "forgets: lambda, tried again in ");
  expect_ran(ran, 0, ": HTTP 402: no balance\n");
  assert_true(ran.text.find("hyperstack") == std::string::npos);
  assert_true(place.rang());
  const auto retries = place.open()->retries();
  assert_int_equal(retries->size(), 1);
  assert_true(retries->begin()->second.asked_by == "ada");
  expect_text(place.last_event(), "retry: ada asks that lambda is tried again");
  expect_ran(place.run("status"), 0, "open: lambda is to be tried again, asked by ada ");
  const auto json = json_of(place.run("retry lambda --json", "SUDO_USER=bob"));
  expect_text(*json.string("provider"), "lambda");
  assert_int_equal(json.get("forgets").size(), 1);
  assert_int_equal(*json.get("forgets").at(0).integer("refusals"), 2);
}

static void the_name_is_the_callers_own_without_sudo(void**) {
  const Led place;
  expect_ran(place.run("set policy.limits.machines 80", "SUDO_USER="), 0, "set by ");
  const auto by = place.settings().at(kMachines).set_by;
  assert_true(!by.empty() && by != "ada");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_limit_is_set_recorded_and_the_broker_woken),
      cmocka_unit_test(a_limit_is_set_for_a_time),
      cmocka_unit_test(a_limit_goes_back_to_what_the_file_says),
      cmocka_unit_test(what_means_nothing_any_more_can_be_taken_back),
      cmocka_unit_test(what_is_set_is_listed_and_in_the_status),
      cmocka_unit_test(without_a_broker_it_is_kept_and_said),
      cmocka_unit_test(what_is_wrong_is_refused_and_nothing_is_kept),
      cmocka_unit_test(without_a_ledger_nothing_is_made),
      cmocka_unit_test(a_provider_is_tried_again),
      cmocka_unit_test(the_name_is_the_callers_own_without_sudo),
  };
  return cmocka_run_group_tests_name("cli.settings_program", tests, nullptr, nullptr);
}
