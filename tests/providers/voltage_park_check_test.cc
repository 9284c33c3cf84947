// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/check.h"
#include "tests/providers/findings.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using Level = AccountFinding::Level;

ProviderConfig good_config() {
  ProviderConfig config;
  config.name = "voltage-park";
  config.ssh_key = "ops";
  config.image = "Ubuntu 22.04 LTS";
  config.regions = {"3f2a"};
  config.minimum_charge = std::chrono::hours(1);
  return config;
}

VoltageParkAccount good_account() {
  return {{{"9d0", "ops"}, {"9d1", "laptop"}, {"9d2", "twin"}, {"9d3", "twin"}},
          {"3f2a", "77bb"},
          {"Ubuntu 22.04 LTS", "Windows 10"},
          Money::from_cents(3984)};
}

void assert_finding(const ProviderConfig& config,
                    Level level,
                    const char* begins,
                    const char* words) {
  assert_finding(check_voltage_park_account(config, good_account()), level, begins, words);
}

void good_account_has_nothing_but_good_findings(void**) {
  const auto findings = check_voltage_park_account(good_config(), good_account());
  assert_int_equal(findings.size(), 7);
  for (const auto& finding : findings) {
    if (finding.level != Level::kOk) fail_msg("%s", finding.text.c_str());
  }
  assert_finding(findings, Level::kOk, "billing", "39.84 $/h");
  assert_finding(findings, Level::kOk, "balance", "does not tell");
}

void ssh_key_is_found_by_name_or_id(void**) {
  const auto keys = good_account().ssh_keys;
  for (const char* setting : {"ops", "9d0"}) {
    const auto key = find_voltage_park_ssh_key(setting, keys);
    if (!key || *key != "9d0") fail_msg("%s", setting);
  }
}

void none_and_all_need_no_key(void**) {
  for (const char* setting : {"", "all"}) {
    const auto key = find_voltage_park_ssh_key(setting, {});
    if (!key || *key != setting) fail_msg("%s", setting);
  }
}

void unknown_ssh_key_is_a_failure_that_suggests_the_nearest(void**) {
  auto config = good_config();
  config.ssh_key = "opss";
  assert_finding(config, Level::kFailure, "ssh_key", "did you mean ops?");
  const auto key = find_voltage_park_ssh_key("x", {});
  assert_true(!key && key.error().code == ErrorCode::kInvalid);
}

void name_of_two_ssh_keys_is_a_failure_that_tells_their_ids(void**) {
  auto config = good_config();
  config.ssh_key = "twin";
  assert_finding(config, Level::kFailure, "ssh_key", "9d2, 9d3");
}

void missing_ssh_key_is_told(void**) {
  auto config = good_config();
  config.ssh_key = "";
  assert_finding(config, Level::kOk, "ssh_key", "nobody can log in");
}

void all_of_no_ssh_keys_is_a_warning(void**) {
  auto config = good_config();
  config.ssh_key = "all";
  assert_finding(config, Level::kOk, "ssh_key", "all 4");
  auto account = good_account();
  account.ssh_keys.clear();
  assert_finding(
      check_voltage_park_account(config, account), Level::kWarning, "ssh_key", "has none");
}

void unknown_region_is_a_failure(void**) {
  auto config = good_config();
  config.regions = {"3f2a", "77bc"};
  assert_finding(config, Level::kFailure, "regions", "did you mean 77bb?");
}

void absent_regions_mean_all(void**) {
  auto config = good_config();
  config.regions = {};
  assert_finding(config, Level::kOk, "regions", "all");
}

// A sold-out cloud has shown no location at all.
void account_without_locations_cannot_be_judged(void**) {
  auto account = good_account();
  account.locations.clear();
  const auto findings = check_voltage_park_account(good_config(), account);
  assert_finding(findings, Level::kWarning, "regions", "cannot be told");
}

void unknown_image_is_a_failure(void**) {
  auto config = good_config();
  config.image = "Ubuntu 22.04";
  assert_finding(config, Level::kFailure, "image", "Ubuntu 22.04 LTS");
}

void absent_image_is_told(void**) {
  auto config = good_config();
  config.image = "";
  assert_finding(config, Level::kOk, "image", "cheapest preset");
}

void unknown_least_charge_is_a_warning(void**) {
  auto config = good_config();
  config.minimum_charge.reset();
  assert_finding(config, Level::kWarning, "minimum_charge", "two days");
}

void rate_that_was_not_told_is_told_as_such(void**) {
  auto account = good_account();
  account.hourly_rate.reset();
  assert_finding(
      check_voltage_park_account(good_config(), account), Level::kOk, "billing", "not told");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(good_account_has_nothing_but_good_findings),
      cmocka_unit_test(ssh_key_is_found_by_name_or_id),
      cmocka_unit_test(none_and_all_need_no_key),
      cmocka_unit_test(unknown_ssh_key_is_a_failure_that_suggests_the_nearest),
      cmocka_unit_test(name_of_two_ssh_keys_is_a_failure_that_tells_their_ids),
      cmocka_unit_test(missing_ssh_key_is_told),
      cmocka_unit_test(all_of_no_ssh_keys_is_a_warning),
      cmocka_unit_test(unknown_region_is_a_failure),
      cmocka_unit_test(absent_regions_mean_all),
      cmocka_unit_test(account_without_locations_cannot_be_judged),
      cmocka_unit_test(unknown_image_is_a_failure),
      cmocka_unit_test(absent_image_is_told),
      cmocka_unit_test(unknown_least_charge_is_a_warning),
      cmocka_unit_test(rate_that_was_not_told_is_told_as_such),
  };
  return cmocka_run_group_tests_name("providers.voltage_park_check", tests, nullptr, nullptr);
}
