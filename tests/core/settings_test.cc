// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/settings.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::minutes;

namespace {

constexpr TimePoint kNow = from_unix_seconds(1'795'528'800);

Config some_config() {
  Config config;
  config.policy.limits.machines = 64;
  config.policy.max_price_per_gpu_hour = Money::from_cents(350);
  ProviderConfig lambda;
  lambda.name = "lambda";
  lambda.max_machines = 16;
  ProviderConfig dotted;
  dotted.name = "cloud.max_machines";
  config.providers = {lambda, dotted};
  return config;
}

Setting some_setting(const std::string& name, const std::string& value) {
  return {name, value, "ada", kNow - minutes(5), std::nullopt};
}

Config with(const std::string& name, const std::string& value) {
  return apply_settings(some_config(), {{name, some_setting(name, value)}}, kNow);
}

void expect_text(const std::string& said, const std::string& expected) {
  if (said != expected) fail_msg("said\n%s\ninstead of\n%s", said.c_str(), expected.c_str());
}

}  // namespace

static void every_limit_of_the_file_has_its_name(void**) {
  const std::vector<std::string> expected = {"policy.max_price_per_gpu_hour",
                                             "policy.limits.machines",
                                             "policy.limits.spend_per_hour",
                                             "policy.limits.spend_per_month",
                                             "providers.lambda.max_machines",
                                             "providers.lambda.max_spend_per_hour",
                                             "providers.cloud.max_machines.max_machines",
                                             "providers.cloud.max_machines.max_spend_per_hour"};
  assert_true(setting_names(some_config()) == expected);
}

static void a_good_value_is_taken_and_has_its_effect(void**) {
  const struct {
    const char* name;
    const char* value;
    const char* shown;
  } cases[] = {
      {"policy.limits.machines", "0", "0"},
      {"policy.limits.machines", "1", "1"},
      {"policy.limits.machines", "1000000", "1000000"},
      {"policy.limits.machines", "none", "none"},
      {"policy.limits.spend_per_hour", "400", "400.00"},
      {"policy.limits.spend_per_hour", "0", "0.00"},
      {"policy.limits.spend_per_month", "50000.50", "50000.50"},
      {"policy.max_price_per_gpu_hour", "3.5", "3.50"},
      {"policy.max_price_per_gpu_hour", "none", "none"},
      {"providers.lambda.max_machines", "32", "32"},
      {"providers.lambda.max_spend_per_hour", "0.01", "0.01"},
      {"providers.cloud.max_machines.max_machines", "7", "7"},
  };
  for (const auto& each : cases) {
    const auto checked = check_setting(some_config(), each.name, each.value);
    if (!checked) fail_msg("%s %s: %s", each.name, each.value, checked.error().message.c_str());
    expect_text(format_limit(with(each.name, each.value), each.name), each.shown);
  }
}

static void what_the_file_would_refuse_is_refused(void**) {
  const std::string count =
      ": a whole number from 0 (rents nothing) to 1000000 belongs here, without quotes; or none, "
      "which lifts the limit";
  const std::string money =
      ": dollars from 0 (rents nothing) belong here, as in 3.50, without a currency; or none, "
      "which "
      "lifts the limit";
  const std::string price =
      ": dollars above zero belong here, as in 3.50, without a currency; or none, which lifts the "
      "limit";
  const struct {
    const char* name;
    const char* value;
    std::string why;
  } cases[] = {
      {"policy.limits.machines", "", "found nothing" + count},
      {"policy.limits.machines", "-1", "found \"-1\"" + count},
      {"policy.limits.machines", "1.5", "found \"1.5\"" + count},
      {"policy.limits.machines", "1000001", "found \"1000001\"" + count},
      {"policy.limits.machines", "99999999999999999999", "found \"99999999999999999999\"" + count},
      {"policy.limits.machines", " 8", "found \" 8\"" + count},
      {"policy.limits.machines", "8 machines", "found \"8 machines\"" + count},
      {"policy.limits.machines", "\"8\"", "found \"\"8\"\"" + count},
      {"policy.limits.machines", "0x8", "found \"0x8\"" + count},
      {"policy.limits.machines", "None", "found \"None\"" + count},
      {"policy.limits.machines", "default", "found \"default\"" + count},
      {"policy.limits.spend_per_hour", "", "found nothing" + money},
      {"policy.limits.spend_per_hour", "-400", "found \"-400\"" + money},
      {"policy.limits.spend_per_hour", "400 $", "found \"400 $\"" + money},
      {"policy.limits.spend_per_hour", "4e2", "found \"4e2\"" + money},
      {"policy.limits.spend_per_hour", "1,000", "found \"1,000\"" + money},
      {"policy.limits.spend_per_month", "9000000001", "found \"9000000001\"" + money},
      {"policy.max_price_per_gpu_hour", "0.0000001", "found \"0.0000001\"" + price},
      {"policy.max_price_per_gpu_hour", "inf", "found \"inf\"" + price},
      {"policy.max_price_per_gpu_hour", "0", "found \"0\"" + price},
      {"providers.lambda.max_machines", "sixteen", "found \"sixteen\"" + count},
      {"providers.lambda.max_spend_per_hour", "\x1b[31m", "found \" [31m\"" + money},
  };
  for (const auto& each : cases) {
    const auto checked = check_setting(some_config(), each.name, each.value);
    if (checked) fail_msg("%s %s: taken", each.name, each.value);
    assert_true(checked.error().code == ErrorCode::kInvalid);
    expect_text(checked.error().message, std::string(each.name) + ": " + each.why);
  }
}

static void a_name_that_is_no_limit_is_refused_with_those_there_are(void**) {
  const struct {
    const char* name;
    const char* begins;
  } cases[] = {
      {"", ": not to be set: there are policy.max_price_per_gpu_hour, policy.limits.machines, "},
      {"machines", "machines: not to be set: there are "},
      {"policy.limits", "policy.limits: not to be set: there are "},
      {"policy.limits.machines.",
       "policy.limits.machines.: not to be set: did you mean "
       "policy.limits.machines? there are "},
      {"policy.limit.machines",
       "policy.limit.machines: not to be set: did you mean policy.limits.machines? there are "},
      {"Policy.Limits.Machines", "Policy.Limits.Machines: not to be set: there are "},
      {"policy.partitions.gpu.after", "policy.partitions.gpu.after: not to be set: there are "},
      {"policy.keep_paid", "policy.keep_paid: not to be set: there are "},
      {"providers.lambda", "providers.lambda: not to be set: there are "},
      {"providers.lambda.key_file", "providers.lambda.key_file: not to be set: there are "},
      {"providers.hyperstack.max_machines",
       "providers.hyperstack.max_machines: not to be set: there are "},
      {"providers..max_machines", "providers..max_machines: not to be set: there are "},
      {"cluster", "cluster: not to be set: there are "},
  };
  for (const auto& each : cases) {
    const auto checked = check_setting(some_config(), each.name, "8");
    if (checked) fail_msg("%s: taken", each.name);
    assert_true(checked.error().code == ErrorCode::kInvalid);
    if (!checked.error().message.starts_with(each.begins)) {
      fail_msg("%s: said %s", each.name, checked.error().message.c_str());
    }
  }
}

static void the_rest_of_the_configuration_stays(void**) {
  const auto config = with("policy.limits.machines", "80");
  assert_int_equal(*config.policy.limits.machines, 80);
  assert_int_equal(*config.find_provider("lambda")->max_machines, 16);
  assert_int_equal(config.policy.max_price_per_gpu_hour->micros(), 3'500'000);
}

static void a_setting_ends_with_its_time(void**) {
  auto setting = some_setting("policy.limits.machines", "80");
  setting.until = kNow;
  const Settings settings = {{setting.name, setting}};
  const auto machines = [&](TimePoint at) {
    return *apply_settings(some_config(), settings, at).policy.limits.machines;
  };
  assert_int_equal(machines(kNow - std::chrono::milliseconds(1)), 80);
  assert_int_equal(machines(kNow), 64);
  assert_int_equal(machines(kNow + minutes(1)), 64);
}

static void a_setting_that_means_nothing_any_more_changes_nothing(void**) {
  expect_text(format_limit(with("policy.limits.machines", "many"), "policy.limits.machines"), "64");
  const auto config = with("providers.gone.max_machines", "1");
  assert_int_equal(*config.find_provider("lambda")->max_machines, 16);
  expect_text(format_limit(some_config(), "providers.gone.max_machines"), "");
}

static void an_ended_setting_is_dropped_once_and_said(void**) {
  Books books;
  auto ended = some_setting("policy.limits.machines", "80");
  ended.until = kNow;
  auto standing = some_setting("policy.limits.spend_per_hour", "none");
  standing.until = kNow + minutes(1);
  books.settings = {{ended.name, ended}, {standing.name, standing}};
  books.settings["providers.lambda.max_machines"] =
      some_setting("providers.lambda.max_machines", "4");
  Draft draft(books, kNow);
  drop_ended_settings(draft);
  assert_int_equal(books.settings.size(), 2);
  const auto changes = draft.take_changes();
  assert_int_equal(changes.dropped_settings.size(), 1);
  assert_true(changes.dropped_settings[0] == ended);
  assert_int_equal(changes.events.size(), 1);
  expect_text(changes.events[0].kind + ": " + changes.events[0].text,
              "set: policy.limits.machines is as spillway.yaml says again: the time of 80, set by "
              "ada, is over");
  drop_ended_settings(draft);
  assert_true(draft.take_changes().empty());
}

static void a_retry_forgets_all_that_its_provider_refused_and_nothing_else(void**) {
  const OfferId east{"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"};
  const OfferId account{"lambda", "", "", ""};
  const OfferId other{"hyperstack", "CANADA-1", "n3-H100x8", "ethernet"};
  Books books;
  for (const auto& offer : {east, account, other})
    books.cooldowns[offer] = {offer, 3, kNow + minutes(9), "HTTP 402: balance"};
  books.retries[4] = {4, "lambda", "ada", kNow - minutes(1)};
  Draft draft(books, kNow);
  answer_retries(draft);
  assert_int_equal(books.cooldowns.size(), 1);
  assert_int_equal(books.cooldowns.count(other), 1);
  assert_true(books.retries.empty());
  const auto changes = draft.take_changes();
  assert_int_equal(changes.dropped_cooldowns.size(), 2);
  assert_true(changes.answered_retries == std::vector<std::int64_t>{4});
  assert_int_equal(changes.events.size(), 1);
  expect_text(changes.events[0].kind + ": " + changes.events[0].text,
              "retry: lambda is tried again, as ada asked: forgot the refusals of lambda, lambda "
              "us-east-1 gpu_8x_h100_sxm5");
}

static void a_retry_without_a_refusal_is_answered_too(void**) {
  Books books;
  books.retries[1] = {1, "lambda", "ada", kNow};
  Draft draft(books, kNow);
  answer_retries(draft);
  assert_true(books.retries.empty());
  const auto changes = draft.take_changes();
  assert_int_equal(changes.answered_retries.size(), 1);
  expect_text(changes.events.at(0).text,
              "lambda is tried again, as ada asked: nothing was cooling down");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_limit_of_the_file_has_its_name),
      cmocka_unit_test(a_good_value_is_taken_and_has_its_effect),
      cmocka_unit_test(what_the_file_would_refuse_is_refused),
      cmocka_unit_test(a_name_that_is_no_limit_is_refused_with_those_there_are),
      cmocka_unit_test(the_rest_of_the_configuration_stays),
      cmocka_unit_test(a_setting_ends_with_its_time),
      cmocka_unit_test(a_setting_that_means_nothing_any_more_changes_nothing),
      cmocka_unit_test(an_ended_setting_is_dropped_once_and_said),
      cmocka_unit_test(a_retry_forgets_all_that_its_provider_refused_and_nothing_else),
      cmocka_unit_test(a_retry_without_a_refusal_is_answered_too),
  };
  return cmocka_run_group_tests_name("core.settings", tests, nullptr, nullptr);
}
