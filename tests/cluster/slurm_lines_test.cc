// SPDX-License-Identifier: GPL-2.0-or-later
#include <chrono>
#include <string>

#include "cluster/slurm_conf.h"
#include "core/config.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using namespace std::chrono_literals;

namespace {

constexpr const char* kYaml = R"(cluster: hpc1
join: {listen: "0.0.0.0:8444", url: "https://head:8444"}
providers: {lambda: {key_file: /k}}
pools:
  h100ib:
    nodes: h100ib-[001-064]
    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB, infiniband: true}
    offers: [{provider: lambda}]
  h100:
    nodes: h100-[001-004]
    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB}
    offers: [{provider: lambda}]
policy:
  partitions:
    gpu: {after: 10m}
    debug: {burst: never}
timing: {idle: 5m, boot_deadline: 30m}
)";

Config read_config() {
  auto config = parse_config(kYaml, "spillway.yaml");
  if (!config) fail_msg("%s", config.error().message.c_str());
  return *std::move(config);
}

SlurmLinesInput input_for(const std::string& version) {
  SlurmLinesInput input;
  input.boot_times = {{"h100", 25min}};
  input.program_folder = "/usr/sbin";
  input.plugin_folder = "/usr/lib/spillway/slurm";
  input.slurm_version = version;
  input.slurm_plugin_folder = "/usr/lib/slurm";
  return input;
}

}  // namespace

// What an admin has beside our lines, with the hint in them followed.
static void the_lines_fit_the_config_that_they_are_made_from(void**) {
  const auto config = read_config();
  for (const auto* version :
       {"22.05.8", "23.02.7", "23.11.1", "24.11.5", "25.05.1", "25.11.0", "26.05.5"}) {
    const auto text = format_slurm_lines(config, input_for(version)) +
                      "NodeName=local-[1-2] CPUs=8 Gres=gpu:h100:8\n"
                      "PartitionName=gpu Nodes=local-[1-2],h100ib-[001-064],h100-[001-004]\n"
                      "PartitionName=debug Nodes=local-1\n";
    const auto conf = parse_slurm_conf(text, "slurm.conf");
    if (!conf) fail_msg("%s: %s", version, conf.error().message.c_str());
    for (const auto& finding : fit_slurm_conf(*conf, config, version)) {
      if (finding.level != FitFinding::Level::kOk) {
        fail_msg("%s: %s: %s", version, finding.where.c_str(), finding.text.c_str());
      }
    }
  }
}

static void the_lines_are_what_slurm_is_to_read(void**) {
  const auto text = format_slurm_lines(read_config(), input_for("22.05.8"));
  for (const auto* line :
       {"\nSelectType=select/cons_tres\n",
        "\nPluginDir=/usr/lib/spillway/slurm:/usr/lib/slurm\n",
        "\nNodeName=h100ib-[001-064] State=CLOUD Gres=gpu:h100:8 CPUs=96 RealMemory=875520 "
        "Weight=1000 Feature=cloud,ib,infiniband\n",
        "\nNodeName=h100-[001-004] State=CLOUD Gres=gpu:h100:8 CPUs=96 RealMemory=875520 "
        "Weight=1000 Feature=cloud\n",
        "\nGresTypes=gpu ",
        "\n#   PartitionName=gpu Nodes=<as it is now>,h100ib-[001-064],h100-[001-004] ...\n",
        "\nPartitionName=spillway Nodes=h100ib-[001-064],h100-[001-004] Hidden=YES "
        "State=INACTIVE SuspendTime=300\n",
        "\nResumeProgram=/usr/sbin/spillway-resume\n",
        "\nSuspendProgram=/usr/sbin/spillway-suspend\n",
        "\nResumeFailProgram=/usr/sbin/spillway-resume-fail\n",
        "\nResumeTimeout=4800\n",
        "\nSuspendTimeout=300\n",
        "\nResumeRate=0\n",
        "\nSuspendRate=0\n",
        "\nReturnToService=2\n",
        "\nPrivateData=cloud ",
        "\nTreeWidth=65533\n"}) {
    if (text.find(line) == std::string::npos) fail_msg("no \"%s\" in:\n%s", line, text.c_str());
  }
  assert_int_equal(text.find("debug"), std::string::npos);
}

static void every_line_is_a_comment_or_an_option(void**) {
  const auto conf =
      parse_slurm_conf(format_slurm_lines(read_config(), input_for("26.05.1")), "slurm.conf");
  assert_true(static_cast<bool>(conf));
  assert_string_equal(value_of(conf->values, "selecttype").c_str(), "select/spillway");
  assert_string_equal(value_of(conf->values, "schedulerparameters").c_str(),
                      "requeue_on_resume_failure");
  assert_string_equal(value_of(conf->values, "privatedata").c_str(), "");
  assert_string_equal(value_of(conf->values, "treewidth").c_str(), "");
  assert_string_equal(value_of(conf->values, "suspendtime").c_str(), "");
}

static void the_plugin_in_slurm_s_own_folder_needs_no_plugin_dir(void**) {
  auto input = input_for("26.05.1");
  input.plugin_folder = input.slurm_plugin_folder;
  const auto conf = parse_slurm_conf(format_slurm_lines(read_config(), input), "slurm.conf");
  assert_true(static_cast<bool>(conf));
  assert_string_equal(value_of(conf->values, "plugindir").c_str(), "");
}

static void the_resume_timeout_follows_the_slowest_boot(void**) {
  const struct {
    std::chrono::seconds boot;
    const char* timeout;
  } cases[] = {
      {0s, "3900"},     // two boot deadlines and the time to order
      {1200s, "3900"},  // half as much again is still the deadline
      {1201s, "3960"},  // whole minutes
      {3600s, "11100"},
      {100h, "65000"},  // what Slurm can keep
  };
  for (const auto& c : cases) {
    auto input = input_for("24.11.5");
    input.boot_times = {{"h100ib", c.boot}};
    const auto conf = parse_slurm_conf(format_slurm_lines(read_config(), input), "slurm.conf");
    assert_true(static_cast<bool>(conf));
    assert_string_equal(value_of(conf->values, "resumetimeout").c_str(), c.timeout);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_lines_fit_the_config_that_they_are_made_from),
      cmocka_unit_test(the_lines_are_what_slurm_is_to_read),
      cmocka_unit_test(every_line_is_a_comment_or_an_option),
      cmocka_unit_test(the_plugin_in_slurm_s_own_folder_needs_no_plugin_dir),
      cmocka_unit_test(the_resume_timeout_follows_the_slowest_boot),
  };
  return cmocka_run_group_tests_name("cluster.slurm_lines", tests, nullptr, nullptr);
}
