// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/file.h"
#include "tests/cli/screens.h"

using namespace spillway;

namespace {

Config some_config() {
  Config config;
  config.file = "/etc/spillway/spillway.yaml";
  ProviderConfig lambda;
  lambda.name = "lambda";
  lambda.key_file = "/keys/lambda";
  config.providers.push_back(lambda);
  config.join.deliver.push_back({"/etc/munge/munge.key", "/etc/munge/munge.key", "0400", "munge"});
  Pool pool;
  pool.name = "h100";
  pool.nodes = {"h100-001", "h100-002"};
  config.pools.push_back(pool);
  config.pool_of_node = {{"h100-001", 0}, {"h100-002", 0}};
  config.policy.partitions["gpu"] = {};
  config.policy.limits.spend_per_month = Money::from_cents(100);
  return config;
}

HostLook everything_is_fine() {
  const auto fine = [](const std::string&) { return Status(); };
  return {fine, fine, fine, [](const std::string&) { return true; }};
}

HostLook everything_is_missing() {
  const auto missing = [](const std::string& path) {
    return Status(Error{ErrorCode::kNotFound, path + ": no such file or directory", {}});
  };
  return {missing, missing, missing, [](const std::string&) { return false; }};
}

}  // namespace

static void a_good_host_has_one_line_a_topic(void**) {
  auto lines = check_config(some_config());
  const auto files = check_files(some_config(), everything_is_fine());
  lines.insert(lines.end(), files.begin(), files.end());
  expect_text(check_screen(lines, false),
              "LEVEL  WHAT    FOUND\n"
              "ok     config  /etc/spillway/spillway.yaml: 1 provider, 1 pool, 2 nodes\n"
              "ok     files   2 files in place; keys are private; ledger and decisions can be "
              "written\n"
              "0 failures, 0 warnings\n");
  assert_true(worst_of(lines) == CheckLevel::kOk);
}

static void each_missing_file_is_a_failure_that_says_what_belongs_there(void**) {
  const auto lines = check_files(some_config(), everything_is_missing());
  expect_text(
      check_screen(lines, false),
      "LEVEL    WHAT   FOUND\n"
      "failure  files  /keys/lambda: no such file or directory: lambda's key belongs there, "
      "on one line, mode 0600\n"
      "failure  files  /etc/munge/munge.key: no such file or directory: machines need it as "
      "/etc/munge/munge.key\n"
      "failure  files  /var/spool/spillway: no such file or directory: spillwayd writes "
      "there: make the folder, owned by its user\n"
      "3 failures, 0 warnings\n");
  assert_true(worst_of(lines) == CheckLevel::kFailure);
}

static void a_configuration_that_can_do_nothing_or_anything_is_warned_of(void**) {
  Config config = some_config();
  config.policy.partitions["gpu"].rule.burst = Burst::kNever;
  config.policy.limits = {};
  config.join.deliver.clear();
  const auto lines = check_config(config);
  expect_text(check_screen(lines, false),
              "LEVEL    WHAT    FOUND\n"
              "ok       config  /etc/spillway/spillway.yaml: 1 provider, 1 pool, 2 nodes\n"
              "warning  config  no partition may burst: name those that may under "
              "policy.partitions\n"
              "warning  config  nothing limits what may be spent: set policy.limits, "
              "spend_per_month first of all\n"
              "warning  config  no file is delivered to machines: slurmd needs munge.key or "
              "slurm.key, see join.deliver\n"
              "0 failures, 3 warnings\n");
  assert_true(worst_of(lines) == CheckLevel::kWarning);
}

static void slurms_findings_keep_their_level_and_place(void**) {
  using Level = FitFinding::Level;
  const auto lines = check_slurm({{Level::kOk, "", "all nodes are defined"},
                                  {Level::kWarning, "slurm.conf:12", "SuspendTime is not set"},
                                  {Level::kFailure, "spillway.yaml:30", "no such partition"}});
  expect_text(check_screen(lines, true),
              "LEVEL    WHAT   FOUND\n"
              "\033[32mok\033[0m       slurm  all nodes are defined\n"
              "\033[33mwarning\033[0m  slurm  slurm.conf:12: SuspendTime is not set\n"
              "\033[31mfailure\033[0m  slurm  spillway.yaml:30: no such partition\n"
              "1 failure, 1 warning\n");
}

static void an_account_that_does_not_answer_is_a_failure_with_its_cure(void**) {
  const auto lambda = some_config().providers[0];
  struct Case {
    ErrorCode code;
    const char* cure;
  };
  const Case cases[] = {
      {ErrorCode::kUnauthorized, "make a new key in the provider's console and put it into /keys"},
      {ErrorCode::kTransient, "look at this host's way out"},
      {ErrorCode::kUnknownOutcome, "look at this host's way out"},
      {ErrorCode::kRateLimited, "try again in a minute"},
      {ErrorCode::kProtocol, "is base_url right?"},
      {ErrorCode::kBalance, "why"},
  };
  for (const auto& each : cases) {
    const auto lines = check_account(lambda, Error{each.code, "why", {}});
    assert_int_equal(lines.size(), 1);
    assert_true(lines[0].level == CheckLevel::kFailure);
    expect_text(lines[0].topic, "lambda");
    const auto& text = lines[0].text;
    if (!text.starts_with("why") || text.find(each.cure) == std::string::npos) {
      fail_msg("%s", text.c_str());
    }
  }
}

static void what_the_driver_finds_keeps_its_level(void**) {
  using Level = AccountFinding::Level;
  const std::vector<AccountFinding> findings = {{Level::kOk, "key accepted"},
                                                {Level::kWarning, "no SSH key named ops"}};
  const auto lines = check_account(some_config().providers[0], findings);
  assert_int_equal(lines.size(), 2);
  assert_true(worst_of(lines) == CheckLevel::kWarning);
}

static void the_catalog_is_told_with_its_age(void**) {
  const auto text_of = [](const Result<Catalog>& catalog) {
    return check_catalog(catalog, kNow).at(0).text;
  };
  Catalog catalog;
  expect_text(text_of(catalog), "none: only offers with a live price are chosen");
  catalog.prices.resize(2);
  catalog.prices[0].date = kNow - std::chrono::days(40);
  catalog.prices[1].date = kNow - std::chrono::days(90);
  expect_text(text_of(catalog), "2 prices, the newest 40 days old");
  const auto broken =
      check_catalog(Error{ErrorCode::kInvalid, "c.yaml:1: prices: missing", {}}, kNow);
  assert_true(worst_of(broken) == CheckLevel::kFailure);
}

static void lines_that_travel_as_json_come_back(void**) {
  const std::vector<CheckLine> lines = {{CheckLevel::kOk, "a", "x\n"},
                                        {CheckLevel::kWarning, "b", ""},
                                        {CheckLevel::kFailure, "c", "\"z\""}};
  const auto text = check_json(lines).dump();
  const auto parsed = parse_check_json(text);
  if (!parsed) fail_msg("%s", parsed.error().message.c_str());
  expect_text(check_json(*parsed).dump(), text);
  for (const char* other : {"", "[]", "{}", "{\"lines\":1}", "fatal: no", "{\"lines\":[]} {}"}) {
    if (parse_check_json(other)) fail_msg("%s was taken", other);
  }
}

static void json_has_the_same_lines(void**) {
  const std::vector<CheckLine> lines = {{CheckLevel::kOk, "config", "fine"},
                                        {CheckLevel::kFailure, "files", "gone"}};
  expect_text(check_json(lines).dump(),
              "{\"failures\":1,\"warnings\":0,\"lines\":[{\"level\":\"ok\",\"topic\":\"config\","
              "\"text\":\"fine\"},{\"level\":\"failure\",\"topic\":\"files\",\"text\":\"gone\"}]}");
}

static void the_real_host_is_looked_at(void**) {
  std::string folder = "/tmp/spillway-check-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) fail_msg("no folder in /tmp");
  const std::string key = folder + "/key";
  const HostLook look = look_at_this_host();
  const bool missing_refused = !look.secret(key) && !look.readable(key);
  const bool was_written = bool(write_file_atomically(key, "secret_abc\n", 0600));
  const bool is_private = bool(look.secret(key)) && bool(look.readable(key));
  const bool folder_writable = bool(look.writable(folder)) && !look.writable(folder + "/none");
  const bool was_opened = chmod(key.c_str(), 0644) == 0;
  const bool open_key_refused = !look.secret(key);
  unlink(key.c_str());
  rmdir(folder.c_str());
  assert_true(missing_refused);
  assert_true(was_written && was_opened);
  assert_true(is_private);
  assert_true(folder_writable);
  assert_true(open_key_refused);
}

static void a_vpn_needs_its_programs(void**) {
  Config config;
  assert_true(check_vpn(config, look_at_this_host()).empty());
  config.vpn.emplace();
  config.vpn->endpoint = "head.example.org:51820";
  config.vpn->network = parse_subnet("10.90.0.0/16").value();
  HostLook look;
  look.program = [](const std::string& name) { return name == "ip"; };
  const auto missing = check_vpn(config, look);
  assert_int_equal(missing.size(), 1);
  assert_string_equal(missing[0].text.c_str(),
                      "wg is not installed: install the package wireguard-tools");
  look.program = [](const std::string&) { return true; };
  const auto good = check_vpn(config, look);
  assert_true(good.at(0).level == CheckLevel::kOk);
  assert_string_equal(good[0].text.c_str(),
                      "10.90.0.0/16 on spillway0; machines call UDP port 51820 of this host");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_good_host_has_one_line_a_topic),
      cmocka_unit_test(each_missing_file_is_a_failure_that_says_what_belongs_there),
      cmocka_unit_test(a_configuration_that_can_do_nothing_or_anything_is_warned_of),
      cmocka_unit_test(slurms_findings_keep_their_level_and_place),
      cmocka_unit_test(an_account_that_does_not_answer_is_a_failure_with_its_cure),
      cmocka_unit_test(what_the_driver_finds_keeps_its_level),
      cmocka_unit_test(the_catalog_is_told_with_its_age),
      cmocka_unit_test(lines_that_travel_as_json_come_back),
      cmocka_unit_test(json_has_the_same_lines),
      cmocka_unit_test(the_real_host_is_looked_at),
      cmocka_unit_test(a_vpn_needs_its_programs),
  };
  return cmocka_run_group_tests_name("cli.check", tests, nullptr, nullptr);
}
