// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway plan` as a program: a simulated cloud, with and without a ledger.
#include "tests/cli/place.h"
#include "tests/cli/trial_cloud.h"
#include "tests/support/simcloud_process.h"

using namespace spillway;

namespace {

class WithCloud : public Place {
 public:
  WithCloud() : cloud(trial_scenario(1)) {
    must(write_file_atomically(folder.file("key"), std::string(kTrialKey) + "\n", 0600));
    auto text = read_file(config);
    if (!text) fail_msg("%s", text.error().message.c_str());
    const std::string before = "max_machines: 16";
    text->replace(text->find(before),
                  before.size(),
                  "max_machines: 16, ssh_key: ops, image: lambda-stack-24-04, base_url: \"" +
                      cloud.url() + "/lambda/api/v1\"");
    must(write_file_atomically(config, *text));
  }

  SimcloudProcess cloud;
};

}  // namespace

static void offers_are_ranked_without_a_ledger(void**) {
  const WithCloud place;
  const auto ran = place.run("plan --gpus-per-node 8 --nodes 2 --hours 0.5");
  expect_ran(ran, 0, "pool h100: 2 nodes x 8 GPUs, for 30 min\n");
  expect_ran(ran, 0, "\n1  lambda ");
  const auto json = json_of(place.run("plan --nodes 2 --hours 1.5 --json"));
  assert_int_equal(*json.integer("time_limit_minutes"), 90);
  assert_true(json.get("pools").at(0).get("places").size() > 0);
  assert_int_equal(*json.get("pools").at(0).integer("gpus_per_node"), 8);
}

static void what_the_ledger_knows_is_taken_into_account(void**) {
  const WithCloud place;
  const auto now = SystemClock().now();
  const OfferId account{"lambda", "", "", ""};
  Changes changes;
  changes.cooldowns = {{account, 1, now + std::chrono::minutes(9), "HTTP 402: no balance"}};
  must(place.open()->commit(changes));
  const auto refused = place.run("plan");
  expect_ran(refused, 1, "account refused, tried again in ");
  expect_ran(refused, 1, ": HTTP 402: no balance\n");
  Changes mended;
  mended.dropped_cooldowns = {account};
  mended.settings = {{"policy.limits.machines", "1", "ada", now, {}}};
  must(place.open()->commit(mended));
  expect_ran(place.run("plan --nodes 1"), 0, "\n1  lambda ");
  expect_ran(place.run("plan --nodes 2"), 1, "limit of 1 machines would be passed");
}

static void what_no_pool_can_hold_says_why_and_exits_with_1(void**) {
  const WithCloud place;
  expect_ran(place.run("plan --infiniband"), 1, "pool h100 does not fit: needs InfiniBand");
  expect_ran(place.run("plan --gpu H200"), 1, "pool h100 does not fit: needs h200, has h100");
  expect_ran(place.run("plan --nodes 3"), 1, "pool h100 does not fit: needs 3 nodes, has 2");
}

static void the_partitions_policy_says_who_needs_infiniband(void**) {
  const WithCloud place;
  auto text = *read_file(place.config);
  const std::string before = "{after: 10m}";
  text.replace(
      text.find(before), before.size(), "{after: 10m, infiniband_from_nodes: 2}, big: {after: 1h}");
  must(write_file_atomically(place.config, text));
  expect_ran(place.run("plan --nodes 2 --partition gpu"), 1, "does not fit: needs InfiniBand");
  expect_ran(place.run("plan --nodes 1 --partition gpu"), 0, "\n1  lambda ");
  expect_ran(place.run("plan --nodes 2 --partition big"), 0, "\n1  lambda ");
  expect_ran(place.run("plan --nodes 2"), 0, "\n1  lambda ");
}

static void a_provider_that_does_not_answer_is_told(void**) {
  const Place place;  // its key is missing
  expect_ran(place.run("plan"), 1, "lambda: no answer: ");
}

static void what_is_wrong_is_refused(void**) {
  const Place place;
  const struct {
    const char* arguments;
    const char* words;
  } cases[] = {
      {"plan --nodes 0", "--nodes"},
      {"plan --nodes -1", "--nodes"},
      {"plan --nodes four", "--nodes"},
      {"plan --nodes 1000001", "--nodes"},
      {"plan --gpus-per-node 0", "--gpus-per-node"},
      {"plan --gpus-per-node 8.5", "--gpus-per-node"},
      {"plan --hours 0", "--hours"},
      {"plan --hours -6", "--hours"},
      {"plan --hours nan", "--hours"},
      {"plan --hours inf", "--hours"},
      {"plan --hours 6h", "--hours"},
      {"plan --hours 10000", "--hours"},
      {"plan --pool nothere", "--pool: nothere is not in "},
      {"plan --pool nothere", "there are h100\n"},
      {"plan --partition nothere", "--partition: nothere has no policy: there are gpu\n"},
      {"plan --bogus", "--bogus"},
      {"plan h100", "h100"},
  };
  for (const auto& each : cases)
    expect_ran(place.run(each.arguments), 2, each.words);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(offers_are_ranked_without_a_ledger),
      cmocka_unit_test(what_the_ledger_knows_is_taken_into_account),
      cmocka_unit_test(what_no_pool_can_hold_says_why_and_exits_with_1),
      cmocka_unit_test(the_partitions_policy_says_who_needs_infiniband),
      cmocka_unit_test(a_provider_that_does_not_answer_is_told),
      cmocka_unit_test(what_is_wrong_is_refused),
  };
  return cmocka_run_group_tests_name("cli.plan_program", tests, nullptr, nullptr);
}
