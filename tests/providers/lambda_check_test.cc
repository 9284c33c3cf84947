// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/lambda/check.h"
#include "tests/providers/findings.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using Level = AccountFinding::Level;

ProviderConfig good_config() {
  ProviderConfig config;
  config.name = "lambda";
  config.ssh_key = "ops";
  config.image = "lambda-stack-24-04";
  config.regions = {"us-east-1"};
  return config;
}

LambdaAccount good_account() {
  return {{"ops", "laptop"},
          {"us-east-1", "us-west-1"},
          {{"lambda-stack-24-04", "us-east-1"}, {"lambda-stack-22-04", "us-west-1"}}};
}

void assert_finding(const ProviderConfig& config,
                    Level level,
                    const char* begins,
                    const char* words) {
  assert_finding(check_lambda_account(config, good_account()), level, begins, words);
}

void good_account_has_nothing_but_good_findings(void**) {
  assert_all_good(check_lambda_account(good_config(), good_account()), 4);
}

void missing_ssh_key_is_a_failure_that_names_those_there_are(void**) {
  auto config = good_config();
  config.ssh_key = "";
  assert_finding(config, Level::kFailure, "ssh_key", "ops, laptop");
}

void unknown_ssh_key_is_a_failure_that_suggests_the_nearest(void**) {
  auto config = good_config();
  config.ssh_key = "opss";
  assert_finding(config, Level::kFailure, "ssh_key", "did you mean ops?");
}

void unknown_region_is_a_failure(void**) {
  auto config = good_config();
  config.regions = {"us-east-1", "us-east-9"};
  assert_finding(config, Level::kFailure, "regions", "us-east-9");
}

void absent_regions_mean_all(void**) {
  auto config = good_config();
  config.regions = {};
  assert_finding(config, Level::kOk, "regions", "all");
}

void absent_image_is_a_warning(void**) {
  auto config = good_config();
  config.image = "";
  assert_finding(config, Level::kWarning, "image", "Slurm");
}

void unknown_image_is_a_failure(void**) {
  auto config = good_config();
  config.image = "plan9";
  assert_finding(config, Level::kFailure, "image", "lambda-stack-24-04");
}

void image_that_lacks_in_one_region_is_a_warning(void**) {
  auto config = good_config();
  config.regions = {"us-east-1", "us-west-1"};
  assert_finding(config, Level::kWarning, "image", "us-west-1");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(good_account_has_nothing_but_good_findings),
      cmocka_unit_test(missing_ssh_key_is_a_failure_that_names_those_there_are),
      cmocka_unit_test(unknown_ssh_key_is_a_failure_that_suggests_the_nearest),
      cmocka_unit_test(unknown_region_is_a_failure),
      cmocka_unit_test(absent_regions_mean_all),
      cmocka_unit_test(absent_image_is_a_warning),
      cmocka_unit_test(unknown_image_is_a_failure),
      cmocka_unit_test(image_that_lacks_in_one_region_is_a_warning),
  };
  return cmocka_run_group_tests_name("providers.lambda_check", tests, nullptr, nullptr);
}
