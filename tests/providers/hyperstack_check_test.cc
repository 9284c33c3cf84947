// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "providers/hyperstack/check.h"
#include "tests/providers/findings.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using Level = AccountFinding::Level;

ProviderConfig good_config() {
  ProviderConfig config;
  config.name = "hyperstack";
  config.environment = "fleet-ca1";
  config.ssh_key = "ops";
  config.image = "Ubuntu*";
  config.max_machines = 16;
  return config;
}

HyperstackAccount good_account() {
  return {HyperstackEnvironment{3287, "fleet-ca1", "CANADA-1"},
          {{"ops", "fleet-ca1"}, {"laptop", "default-NORWAY-1"}},
          std::string("Ubuntu Server 24.04 LTS"),
          HyperstackCredit{"812.5", "0", true},
          HyperstackQuota{238, "10.0.5.0/24"}};
}

Error error_of(const char* message) {
  return {ErrorCode::kInvalid, message, std::nullopt};
}

void assert_finding(const ProviderConfig& config,
                    const HyperstackAccount& account,
                    Level level,
                    const char* begins,
                    const char* words) {
  assert_finding(check_hyperstack_account(config, account), level, begins, words);
}

void good_account_has_nothing_but_good_findings(void**) {
  assert_all_good(check_hyperstack_account(good_config(), good_account()), 6);
}

void unknown_environment_is_a_failure_and_nothing_in_it_is_judged(void**) {
  auto account = good_account();
  account.environment = error_of("environment: Hyperstack knows no fleet: did you mean fleet-ca1?");
  const auto findings = check_hyperstack_account(good_config(), account);
  assert_int_equal(findings.size(), 3);
  assert_true(findings[1].level == Level::kFailure);
  assert_true(findings[1].text == account.environment.error().message);
  assert_true(findings[2].text.starts_with("credit"));
}

void environment_outside_the_configured_regions_is_a_failure(void**) {
  auto config = good_config();
  config.regions = {"NORWAY-1", "CANADA-1"};
  assert_finding(config, good_account(), Level::kOk, "environment", "CANADA-1");
  config.regions = {"NORWAY-1"};
  assert_finding(config, good_account(), Level::kFailure, "regions", "CANADA-1");
}

void missing_ssh_key_is_a_failure_that_names_those_of_the_environment(void**) {
  auto config = good_config();
  config.ssh_key = "";
  assert_finding(config, good_account(), Level::kFailure, "ssh_key: is not set", "there is ops");
  config.ssh_key = "opss";
  assert_finding(config, good_account(), Level::kFailure, "ssh_key", "did you mean ops?");
}

void ssh_key_of_another_environment_is_a_failure(void**) {
  auto config = good_config();
  config.ssh_key = "laptop";
  assert_finding(config, good_account(), Level::kFailure, "ssh_key", "has no key laptop");
  auto account = good_account();
  account.keypairs = {{"ops", "default-NORWAY-1"}, {"ops", ""}};
  assert_finding(
      good_config(), account, Level::kFailure, "ssh_key", "import one into environment fleet-ca1");
}

void image_that_is_not_found_is_a_failure(void**) {
  auto account = good_account();
  account.image = error_of("image: none is called Ubuntu*: there is none");
  assert_finding(good_config(), account, Level::kFailure, "image", "none is called");
}

void image_that_a_pattern_means_today_is_named(void**) {
  assert_finding(good_config(), good_account(), Level::kOk, "image", "Ubuntu Server 24.04 LTS");
}

void account_that_may_make_no_machines_is_a_failure(void**) {
  auto account = good_account();
  account.credit = HyperstackCredit{"3.20", "25", false};
  assert_finding(good_config(), account, Level::kFailure, "credit", "3.20 dollars left");
  assert_finding(good_config(), account, Level::kFailure, "credit", "threshold of 25");
  account.credit = HyperstackCredit{"", "", false};
  assert_finding(good_config(), account, Level::kFailure, "credit", "an unknown balance");
}

void credit_that_is_not_told_is_a_warning(void**) {
  auto account = good_account();
  account.credit = HyperstackCredit{"3.20", "0", std::nullopt};
  assert_finding(good_config(), account, Level::kWarning, "credit", "3.20 dollars");
  account.credit = error_of("HTTP 403: forbidden");
  assert_finding(good_config(), account, Level::kWarning, "credit", "HTTP 403: forbidden");
}

void full_environment_is_a_failure(void**) {
  auto account = good_account();
  account.quota = HyperstackQuota{0, "10.0.5.0/24"};
  assert_finding(good_config(), account, Level::kFailure, "quota", "no more machines fit");
}

void environment_with_less_room_than_machines_is_a_warning(void**) {
  auto account = good_account();
  account.quota = HyperstackQuota{15, "10.0.5.0/24"};
  assert_finding(good_config(), account, Level::kWarning, "quota: 15 more", "max_machines, 16");
  account.quota = HyperstackQuota{16, "10.0.5.0/24"};
  assert_finding(good_config(), account, Level::kOk, "quota: 16 more", "fleet-ca1");
  auto config = good_config();
  config.max_machines.reset();
  account.quota = HyperstackQuota{1, "10.0.5.0/24"};
  assert_finding(config, account, Level::kOk, "quota: 1 more", "fleet-ca1");
}

void quota_and_network_that_are_not_told_are_warnings(void**) {
  auto account = good_account();
  account.quota = HyperstackQuota{std::nullopt, ""};
  assert_finding(good_config(), account, Level::kWarning, "quota", "does not tell");
  assert_finding(good_config(), account, Level::kWarning, "network", "firewall rule");
  account.quota = error_of("HTTP 500");
  assert_finding(good_config(), account, Level::kWarning, "quota: could not be read", "HTTP 500");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(good_account_has_nothing_but_good_findings),
      cmocka_unit_test(unknown_environment_is_a_failure_and_nothing_in_it_is_judged),
      cmocka_unit_test(environment_outside_the_configured_regions_is_a_failure),
      cmocka_unit_test(missing_ssh_key_is_a_failure_that_names_those_of_the_environment),
      cmocka_unit_test(ssh_key_of_another_environment_is_a_failure),
      cmocka_unit_test(image_that_is_not_found_is_a_failure),
      cmocka_unit_test(image_that_a_pattern_means_today_is_named),
      cmocka_unit_test(account_that_may_make_no_machines_is_a_failure),
      cmocka_unit_test(credit_that_is_not_told_is_a_warning),
      cmocka_unit_test(full_environment_is_a_failure),
      cmocka_unit_test(environment_with_less_room_than_machines_is_a_warning),
      cmocka_unit_test(quota_and_network_that_are_not_told_are_warnings),
  };
  return cmocka_run_group_tests_name("providers.hyperstack_check", tests, nullptr, nullptr);
}
