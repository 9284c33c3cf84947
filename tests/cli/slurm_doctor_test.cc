// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/slurm_doctor.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::seconds;

namespace {

constexpr seconds kPatience{60};

Config some_config() {
  Config config;
  Pool pool;
  pool.name = "h100";
  pool.nodes = {"h100-001", "h100-002", "h100-003"};
  config.pools.push_back(pool);
  return config;
}

RunningSlurm running_slurm() {
  return {built_slurm_version(),
          {{"SelectType", "select/cons_tres"}, {"PluginDir", "/ours:/slurms"}}};
}

HostLook look_that_misses(const std::string& missing) {
  HostLook look;
  look.readable = [missing](const std::string& path) {
    return path == missing ? Status(Error{ErrorCode::kNotFound, path + ": none", {}}) : Status();
  };
  return look;
}

SlurmView view_of(const std::vector<std::string>& nodes) {
  SlurmView view;
  for (const auto& name : nodes) {
    view.nodes[name].name = name;
    view.nodes[name].cloud = true;
  }
  return view;
}

}  // namespace

static void another_release_than_the_built_one_is_a_failure(void**) {
  auto running = running_slurm();
  assert_true(check_running_slurm(some_config(), {}, running)[0].level == CheckLevel::kOk);
  running.version = "20.11.9";
  const auto first = check_running_slurm(some_config(), {}, running)[0];
  assert_true(first.level == CheckLevel::kFailure);
  expect_text(first.text.substr(0, 21), "slurmctld is 20.11.9,");
}

static void what_slurmctld_runs_with_is_judged_and_not_the_file(void**) {
  SlurmConf conf;
  conf.values["plugindir"] = "/slurms";
  conf.places["plugindir"] = "slurm.conf:2";
  auto running = running_slurm();
  running.version = "22.05.8";
  std::string plugin;
  std::string differs;
  for (const auto& line : check_running_slurm(some_config(), conf, running)) {
    if (line.text.starts_with("plugin: ")) plugin = line.text;
    if (line.text.starts_with("slurm.conf:2: PluginDir=/slurms, but")) differs = line.text;
  }
  expect_text(plugin, "plugin: SelectType and PluginDir are as it needs");
  assert_false(differs.empty());
}

static void a_plugin_that_is_not_where_slurmctld_looks_is_a_failure(void**) {
  struct Case {
    const char* version;
    const char* missing;
    CheckLevel level;
    const char* said;
  };
  const Case cases[] = {
      {"22.05.8", "", CheckLevel::kOk, "plugin: is in /ours, where slurmctld looks first; "},
      {"24.11.5", "/ours/select_cons_tres.so", CheckLevel::kFailure, "/ours/select_cons_tres.so: "},
      {"22.05.8", "/ours", CheckLevel::kOk, "plugin: /ours cannot be seen from here; "},
      // From here on slurmctld does not start without the plugin that SelectType names.
      {"25.05.1", "/ours/select_spillway.so", CheckLevel::kOk, "plugin: slurmctld's log alone"},
  };
  for (const auto& each : cases) {
    auto running = running_slurm();
    running.version = each.version;
    const auto line = check_plugin_file(running, look_that_misses(each.missing));
    if (line.level != each.level || !line.text.starts_with(each.said)) {
      fail_msg("%s, %s missing: %s", each.version, each.missing, line.text.c_str());
    }
  }
}

static void each_node_of_a_pool_must_be_known_as_a_cloud_node(void**) {
  const auto config = some_config();
  const auto all = check_known_nodes(config, view_of(config.pools[0].nodes));
  assert_true(worst_of(all) == CheckLevel::kOk);
  auto view = view_of({"h100-001", "h100-002"});
  view.nodes["h100-002"].cloud = false;
  const auto some = check_known_nodes(config, view);
  assert_true(worst_of(some) == CheckLevel::kFailure);
  expect_text(some.at(0).text,
              "slurmctld does not know h100-[002-003] as cloud nodes: restart it once slurm.conf "
              "has them");
}

static void what_was_found_apart_comes_back_whole(void**) {
  const std::vector<CheckLine> found = {{CheckLevel::kOk, "slurm", "fine"},
                                        {CheckLevel::kWarning, "slurm", "\"odd\"\nwords"},
                                        {CheckLevel::kFailure, "broker", std::string(9000, 'x')}};
  const auto lines = find_apart(
      [&] {
        std::cerr << "libslurm says something\n";
        return found;
      },
      kPatience);
  if (!lines) fail_msg("%s", lines.error().message.c_str());
  expect_text(check_json(*lines).dump(), check_json(found).dump());
}

static void the_last_words_of_a_process_that_ended_are_told(void**) {
  const auto ended = find_apart(
      []() -> std::vector<CheckLine> {
        std::cerr << "error: first\nfatal: Unable to process configuration file\n" << std::flush;
        _exit(1);
      },
      kPatience);
  assert_false(static_cast<bool>(ended));
  expect_text(ended.error().message, "fatal: Unable to process configuration file");
}

static void a_process_that_is_killed_or_says_nothing_is_an_error(void**) {
  const auto killed = find_apart(
      []() -> std::vector<CheckLine> {
        (void)raise(SIGKILL);
        return {};
      },
      kPatience);
  assert_false(static_cast<bool>(killed));
  const auto silent = find_apart(
      []() -> std::vector<CheckLine> {
        while (true)
          pause();
      },
      seconds(1));
  assert_false(static_cast<bool>(silent));
  expect_text(silent.error().message, "no answer after 1 s");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(another_release_than_the_built_one_is_a_failure),
      cmocka_unit_test(what_slurmctld_runs_with_is_judged_and_not_the_file),
      cmocka_unit_test(a_plugin_that_is_not_where_slurmctld_looks_is_a_failure),
      cmocka_unit_test(each_node_of_a_pool_must_be_known_as_a_cloud_node),
      cmocka_unit_test(what_was_found_apart_comes_back_whole),
      cmocka_unit_test(the_last_words_of_a_process_that_ended_are_told),
      cmocka_unit_test(a_process_that_is_killed_or_says_nothing_is_an_error),
  };
  return cmocka_run_group_tests_name("cli.slurm_doctor", tests, nullptr, nullptr);
}
