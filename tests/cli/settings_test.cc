// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/settings.h"

#include <cstdlib>
#include <ctime>

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

Config some_config() {
  Config config;
  config.policy.limits.machines = 64;
  config.policy.max_price_per_gpu_hour = Money::from_cents(350);
  ProviderConfig lambda;
  lambda.name = "lambda";
  lambda.max_machines = 16;
  config.providers = {lambda};
  return config;
}

// One with an end, one for good, one that has ended, and one of a provider that is gone.
Settings some_settings() {
  Settings settings;
  const auto set = [&](const std::string& name, const std::string& value, const std::string& by) {
    settings[name] = {name, value, by, kNow - minutes(5), std::nullopt};
  };
  set("policy.limits.machines", "80", "ada");
  settings["policy.limits.machines"].until = kNow + hours(4);
  set("policy.max_price_per_gpu_hour", "none", "bob");
  set("policy.limits.spend_per_hour", "400", "ada");
  settings["policy.limits.spend_per_hour"].until = kNow;
  set("providers.gone.max_machines", "1", "ada");
  return settings;
}

}  // namespace

static void all_that_can_be_set_is_listed_with_who_set_what(void**) {
  const auto config = some_config();
  const auto settings = some_settings();
  expect_text(
      settings_screen({config, settings, kNow}, false),
      R"(NAME                                 IN FORCE  FILE SAYS  SET BY  SET             UNTIL
policy.max_price_per_gpu_hour            none       3.50  bob     5 min ago       set otherwise
policy.limits.machines                     80         64  ada     5 min ago       18:00
policy.limits.spend_per_hour             none       none
policy.limits.spend_per_month            none       none
providers.lambda.max_machines              16         16
providers.lambda.max_spend_per_hour      none       none
providers.gone.max_machines                 -          -  ada     without effect
)");
}

static void json_has_the_same_facts(void**) {
  const auto config = some_config();
  const auto settings = some_settings();
  const auto json = settings_json({config, settings, kNow});
  assert_int_equal(json.size(), 7);
  expect_text(json.at(1).dump(),
              "{\"name\":\"policy.limits.machines\",\"in_force\":\"80\",\"file_says\":\"64\","
              "\"is_set\":true,\"set_by\":\"ada\",\"set_at\":\"2026-11-24T13:55:00Z\",\"until\":"
              "\"2026-11-24T18:00:00Z\"}");
  expect_text(json.at(2).dump(),
              "{\"name\":\"policy.limits.spend_per_hour\",\"in_force\":\"none\",\"file_says\":"
              "\"none\",\"is_set\":false,\"set_by\":null,\"set_at\":null,\"until\":null}");
  expect_text(json.at(6).dump(),
              "{\"name\":\"providers.gone.max_machines\",\"in_force\":null,\"file_says\":null,"
              "\"is_set\":true,\"set_by\":\"ada\",\"set_at\":\"2026-11-24T13:55:00Z\",\"until\":"
              "null}");
}

static void the_words_tell_who_until_when_and_what_the_file_says(void**) {
  const auto config = some_config();
  const auto settings = some_settings();
  const auto words = [&](const char* name) {
    return setting_words(config, settings.at(name), kNow);
  };
  expect_text(words("policy.limits.machines"), "set by ada until 18:00; file says 64");
  expect_text(words("policy.max_price_per_gpu_hour"), "set by bob; file says 3.50");
  expect_text(words("providers.gone.max_machines"),
              "set by ada; file has no such key: without effect");
}

static void events_tell_who_changed_what(void**) {
  const auto config = some_config();
  const auto setting = some_settings().at("policy.limits.machines");
  const auto set = set_event(config, setting);
  expect_text(set.kind + ": " + set.text,
              "set: ada set policy.limits.machines to 80 until 2026-11-24T18:00:00Z; file says 64");
  expect_text(set.details,
              "{\"name\":\"policy.limits.machines\",\"value\":\"80\",\"by\":\"ada\",\"until\":"
              "\"2026-11-24T18:00:00Z\"}");
  assert_true(set.at == setting.set_at);
  const auto back = default_event(config, setting, "bob", kNow);
  expect_text(back.kind + ": " + back.text,
              "set: bob took back policy.limits.machines, which ada had set to 80; file says 64");
  expect_text(back.details, "{\"name\":\"policy.limits.machines\",\"value\":null,\"by\":\"bob\"}");
}

int main() {
  setenv("TZ", "UTC", 1);
  tzset();
  const CMUnitTest tests[] = {
      cmocka_unit_test(all_that_can_be_set_is_listed_with_who_set_what),
      cmocka_unit_test(json_has_the_same_facts),
      cmocka_unit_test(the_words_tell_who_until_when_and_what_the_file_says),
      cmocka_unit_test(events_tell_who_changed_what),
  };
  return cmocka_run_group_tests_name("cli.settings", tests, nullptr, nullptr);
}
