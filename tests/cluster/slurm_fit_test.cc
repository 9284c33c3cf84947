// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/slurm_conf.h"
#include "core/config.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr const char* kYaml = R"(cluster: hpc1
join: {listen: "0.0.0.0:8444", url: "https://head:8444"}
providers: {lambda: {key_file: /k}}
pools:
  h100:
    nodes: h100-[001-004]
    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB}
    offers: [{provider: lambda}]
policy:
  partitions:
    gpu: {after: 10m}
    debug: {burst: never}
timing: {boot_deadline: 30m}
)";

// Each case replaces one part of this text; the line numbers in the table are its own.
constexpr std::string_view kGood = R"(SelectType=select/cons_tres
PluginDir=/usr/lib/spillway/slurm:/usr/lib/slurm
GresTypes=gpu
NodeName=local-[1-3] CPUs=32 Gres=gpu:h100:8
NodeName=h100-[001-004] State=CLOUD Gres=gpu:h100:8 CPUs=96 RealMemory=875520 Weight=1000
PartitionName=gpu Nodes=local-[1-3],h100-[001-004]
PartitionName=debug Nodes=local-1
PartitionName=spillway Nodes=h100-[001-004] Hidden=YES State=INACTIVE SuspendTime=600
ResumeProgram=/usr/sbin/spillway-resume
SuspendProgram=/usr/sbin/spillway-suspend
ResumeFailProgram=/usr/sbin/spillway-resume-fail
ResumeTimeout=3900
SuspendTimeout=300
ResumeRate=0
SuspendRate=0
ReturnToService=2
PrivateData=cloud
TreeWidth=65533
)";

struct Change {
  const char* from;  // "": `to` is added at the end
  const char* to;
  const char* where;
  const char* words;  // that the finding must have
};

Config read_config() {
  auto config = parse_config(kYaml, "spillway.yaml");
  if (!config) fail_msg("%s", config.error().message.c_str());
  return *std::move(config);
}

std::string changed(const Change& change) {
  std::string text(kGood);
  const std::string_view from = change.from;
  if (from.empty()) return text + change.to + "\n";
  const auto at = text.find(from);
  if (at == std::string::npos) fail_msg("no \"%s\" in the good text", change.from);
  return text.replace(at, from.size(), change.to);
}

std::vector<FitFinding> fit(const std::string& text, std::string_view version) {
  const auto conf = parse_slurm_conf(text, "slurm.conf");
  if (!conf) fail_msg("%s", conf.error().message.c_str());
  return fit_slurm_conf(*conf, read_config(), version);
}

std::string format_findings(const std::vector<FitFinding>& findings) {
  std::string text;
  for (const auto& finding : findings) {
    const char* levels[] = {"ok", "warning", "failure"};
    text += std::string(levels[static_cast<int>(finding.level)]) + " " + finding.where + ": " +
            finding.text + "\n";
  }
  return text;
}

// The change must give exactly one finding of `level` that is not ok.
void expect_only(const Change& change, FitFinding::Level level, std::string_view version) {
  const auto findings = fit(changed(change), version);
  int others = 0;
  bool found = false;
  for (const auto& finding : findings) {
    if (finding.level == FitFinding::Level::kOk) continue;
    ++others;
    found = found || (finding.level == level && finding.where == change.where &&
                      finding.text.find(change.words) != std::string::npos);
  }
  if (!found || others != 1) {
    fail_msg("\"%s\" -> \"%s\":\n%s", change.from, change.to, format_findings(findings).c_str());
  }
}

}  // namespace

static void a_fitting_file_has_one_good_word_a_topic(void**) {
  const auto findings = fit(std::string(kGood), "22.05.8");
  assert_int_equal(findings.size(), 5);
  for (const auto& finding : findings) {
    if (finding.level != FitFinding::Level::kOk) fail_msg("%s", format_findings(findings).c_str());
  }
}

static void what_cannot_work_is_a_failure(void**) {
  const Change cases[] = {
      {"NodeName=h100-[001-004]", "NodeName=h100-001", "spillway.yaml:5", "h100-[002-004]"},
      {"State=CLOUD", "State=UNKNOWN", "slurm.conf:5", "State=CLOUD"},
      {"State=CLOUD ", "", "slurm.conf:5", "State=CLOUD"},
      {"State=CLOUD Gres=gpu:h100:8", "State=CLOUD", "slurm.conf:5", "set Gres=gpu:h100:8"},
      {"State=CLOUD Gres=gpu:h100:8",
       "State=CLOUD Gres=gpu:a100:8",
       "slurm.conf:5",
       "set Gres=gpu:h100:8"},
      {"State=CLOUD Gres=gpu:h100:8", "State=CLOUD Gres=gpu:h100:9", "slurm.conf:5", "more than"},
      {"State=CLOUD Gres=gpu:h100:8", "State=CLOUD Gres=gpu:16", "slurm.conf:5", "more than"},
      {"State=CLOUD Gres=gpu:h100:8",
       "State=CLOUD Gres=gpu:h100:8,gpu:a100:1",
       "slurm.conf:5",
       "more than"},
      {"State=CLOUD Gres=gpu:h100:8", "State=CLOUD Gres=nvme:2", "slurm.conf:5", "no job that"},
      {"CPUs=96", "CPUs=97", "slurm.conf:5", "97 CPUs, but the shape has 96"},
      {"CPUs=96", "Sockets=2 CoresPerSocket=48 ThreadsPerCore=2", "slurm.conf:5", "192 CPUs"},
      {"RealMemory=875520", "RealMemory=921601", "slurm.conf:5", "shape has 921600"},
      {"PartitionName=debug", "PartitionName=d", "spillway.yaml:12", "no PartitionName=debug"},
      {"GresTypes=gpu", "GresTypes=mps", "slurm.conf:3", "GresTypes"},
      {"GresTypes=gpu\n", "", "", "GresTypes"},
      {"ResumeProgram=/usr/sbin/spillway-resume\n", "", "", "ResumeProgram is not set"},
      {"SuspendProgram=/usr/sbin/spillway-suspend\n", "", "", "SuspendProgram is not set"},
      {"ResumeFailProgram=/usr/sbin/spillway-resume-fail\n", "", "", "ResumeFailProgram is not"},
      {"ResumeProgram=/usr/sbin/", "ResumeProgram=", "slurm.conf:9", "no absolute path"},
      {"ResumeTimeout=3900", "ResumeTimeout=1799", "slurm.conf:12", "1800 s"},
      {"ResumeTimeout=3900\n", "", "", "ResumeTimeout=60"},
      {" SuspendTime=600", "", "spillway.yaml:5", "never given back"},
      {" SuspendTime=600", " SuspendTime=INFINITE", "spillway.yaml:5", "never given back"},
      {" SuspendTime=600", " SuspendTime=-1", "spillway.yaml:5", "never given back"},
      {"", "SuspendExcNodes=h100-002", "spillway.yaml:5", "not reach h100-002"},
      {"", "SuspendExcParts=debug,gpu", "spillway.yaml:5", "not reach h100-[001-004]"},
      {"", "SuspendTime=600", "slurm.conf:19", "local-[1-3]"},
      {"Nodes=local-1\n", "Nodes=local-1 SuspendTime=60\n", "", "the local nodes local-1"},
      {"PrivateData=cloud", "PrivateData=jobs", "slurm.conf:17", "PrivateData=cloud"},
      {"PrivateData=cloud\n", "", "", "PrivateData=cloud"},
      {"select/cons_tres", "select/linear", "slurm.conf:1", "select/cons_tres"},
      {"SelectType=select/cons_tres\n", "", "", "select/cons_tres"},
      {"PluginDir=/usr/lib/spillway/slurm:", "PluginDir=", "slurm.conf:2", "PluginDir"},
      {"PluginDir=/usr/lib/spillway/slurm:/usr/lib/slurm\n", "", "", "PluginDir is not set"},
  };
  for (const auto& c : cases)
    expect_only(c, FitFinding::Level::kFailure, "22.05.8");
}

static void what_works_badly_is_a_warning(void**) {
  const Change cases[] = {
      {"State=CLOUD Gres=gpu:h100:8", "State=CLOUD Gres=gpu:h100:7", "slurm.conf:5", "unused"},
      {"CPUs=96 ", "", "slurm.conf:5", "set CPUs=96"},
      {" RealMemory=875520", "", "slurm.conf:5", "RealMemory"},
      {"", "NodeName=a100-[1-3] State=CLOUD", "slurm.conf:19", "a100-[1-3] are in no pool"},
      {"Nodes=local-[1-3],h100-[001-004]",
       "Nodes=local-[1-3],h100-[001-003]",
       "spillway.yaml:5",
       "h100-004 are in no partition"},
      {"/spillway-resume\n", "/resume.sh\n", "slurm.conf:9", "has to call it"},
      {"ResumeTimeout=3900", "ResumeTimeout=3599", "slurm.conf:12", "second boot"},
      {"SuspendTimeout=300", "SuspendTimeout=30", "slurm.conf:13", "set 300"},
      {"SuspendTimeout=300\n", "", "", "SuspendTimeout=30 "},
      {"ResumeRate=0", "ResumeRate=3", "slurm.conf:14", "set ResumeRate=0"},
      {"SuspendRate=0", "SuspendRate=1", "slurm.conf:15", "set SuspendRate=0"},
      {"ReturnToService=2", "ReturnToService=1", "slurm.conf:16", "ReturnToService"},
      {"ReturnToService=2\n", "", "", "ReturnToService"},
      {"", "SlurmctldParameters=x,idle_on_node_suspend", "slurm.conf:19", "drain"},
      {"", "SlurmctldParameters=cloud_dns", "slurm.conf:19", "cloud_dns"},
      {"TreeWidth=65533", "TreeWidth=5", "slurm.conf:18", "TreeWidth=65533"},
  };
  for (const auto& c : cases)
    expect_only(c, FitFinding::Level::kWarning, "22.05.8");
}

static void what_is_as_good_is_left_alone(void**) {
  const Change cases[] = {
      {"State=CLOUD", "state=cloud", "", ""},
      {"State=CLOUD Gres=gpu:h100:8", "State=CLOUD Gres=GPU:H100:8(S:0-1),nvme:2", "", ""},
      {"State=CLOUD Gres=gpu:h100:8", "State=CLOUD Gres=gpu:8", "", ""},
      {"CPUs=96", "Procs=96", "", ""},
      {"CPUs=96", "Sockets=2 CoresPerSocket=24 ThreadsPerCore=2", "", ""},
      {"Nodes=local-[1-3],h100-[001-004]", "Nodes=ALL", "", ""},
      {"GresTypes=gpu", "GresTypes=mps,gpu", "", ""},
      {"ResumeTimeout=3900", "ResumeTimeout=INFINITE", "", ""},
      {"SuspendTime=600", "SuspendTime=600 ResumeTimeout=3700", "", ""},
      {"PrivateData=cloud", "PrivateData=jobs,cloud", "", ""},
      {"TreeWidth=65533\n", "", "", ""},
      {"", "SuspendTime=600\nSuspendExcNodes=local-[1-3]", "", ""},
      {"", "SuspendTime=-1", "", ""},
  };
  for (const auto& c : cases) {
    const auto findings = fit(changed(c), "22.05.8");
    for (const auto& finding : findings) {
      if (finding.level == FitFinding::Level::kOk) continue;
      fail_msg("\"%s\" -> \"%s\":\n%s", c.from, c.to, format_findings(findings).c_str());
    }
  }
}

static void a_count_of_nodes_to_keep_up_does_not_cover_the_local_ones(void**) {
  expect_only({"",
               "SuspendTime=600\nSuspendExcNodes=local-[1-3]:1",
               "slurm.conf:19",
               "the local nodes local-[1-3]"},
              FitFinding::Level::kFailure,
              "22.05.8");
}

static void later_releases_want_the_plugin_by_its_name(void**) {
  const Change own = {
      "select/cons_tres", "select/spillway", "slurm.conf:1", "set SelectType=select/cons_tres"};
  for (const auto* version : {"25.05.0", "25.11.2", "26.05.5"}) {
    for (const auto& finding : fit(changed(own), version)) {
      if (finding.level != FitFinding::Level::kOk) fail_msg("%s", finding.text.c_str());
    }
    expect_only({"ReturnToService=2", "ReturnToService=2", "slurm.conf:1", "select/spillway"},
                FitFinding::Level::kFailure,
                version);
  }
  expect_only(own, FitFinding::Level::kFailure, "24.11.5");
}

static void later_releases_need_neither_private_data_nor_tree_width(void**) {
  auto text = std::string(kGood);
  text = text.substr(0, text.find("PrivateData"));
  for (const auto& finding : fit(text, "24.11.5")) {
    if (finding.level != FitFinding::Level::kOk) fail_msg("%s", finding.text.c_str());
  }
}

static void an_unknown_release_is_said(void**) {
  const Change none = {"ReturnToService=2", "ReturnToService=2", "", "version is not known"};
  for (const auto* version : {"", "slurm", "x.y", "22"}) {
    expect_only(none, FitFinding::Level::kWarning, version);
  }
}

static void what_slurmctld_runs_with_counts_and_what_differs_is_told(void**) {
  auto conf = parse_slurm_conf(kGood, "slurm.conf");
  if (!conf) fail_msg("%s", conf.error().message.c_str());
  const auto said = take_running_options(*conf,
                                         {{"SelectType", "select/cons_tres"},
                                          {"PluginDir", "/usr/lib/slurm"},
                                          {"ResumeFailProgram", ""},
                                          {"SlurmctldTimeout", "120"},
                                          {"ResumeTimeout", "3900"}});
  assert_string_equal(format_findings(said).c_str(),
                      "warning slurm.conf:2: PluginDir=/usr/lib/spillway/slurm:/usr/lib/slurm, but "
                      "slurmctld runs with /usr/lib/slurm: restart slurmctld\n"
                      "warning slurm.conf:11: "
                      "ResumeFailProgram=/usr/sbin/spillway-resume-fail, but "
                      "slurmctld runs with none: restart slurmctld\n");
  std::string failures;
  for (const auto& finding : fit_slurm_conf(*conf, read_config(), "22.05.8")) {
    if (finding.level == FitFinding::Level::kFailure) failures += finding.text + "\n";
  }
  assert_true(failures.starts_with("ResumeFailProgram is not set"));
  assert_true(failures.find("PluginDir=/usr/lib/slurm: put Spillway's") != std::string::npos);
}

static void machines_reach_slurmctld_through_the_vpn(void**) {
  struct Case {
    const char* host;
    bool is_good;
  };
  const Case cases[] = {{"head", true},
                        {"head.example.org", true},
                        {"head(10.90.0.1)", true},
                        {"head(192.168.10.2)", true},
                        {"head(203.0.113.1)", false},
                        {"head(10.91.0.1)", false},
                        {"head(other.example.org)", true},
                        {"head(", true}};
  for (const auto& c : cases) {
    auto config = read_config();
    config.vpn.emplace();
    config.vpn->network = parse_subnet("10.90.0.0/16").value();
    config.vpn->routes = {"192.168.10.0/24"};
    const auto conf = parse_slurm_conf(std::string("SlurmctldHost=") + c.host + "\n", "slurm.conf");
    assert_true(static_cast<bool>(conf));
    const auto findings = fit_slurm_conf(*conf, config, "24.11.5");
    const bool warned = std::any_of(findings.begin(), findings.end(), [](const auto& finding) {
      return finding.text.find("past the VPN") != std::string::npos;
    });
    if (warned == c.is_good) fail_msg("%s", c.host);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_fitting_file_has_one_good_word_a_topic),
      cmocka_unit_test(what_cannot_work_is_a_failure),
      cmocka_unit_test(what_works_badly_is_a_warning),
      cmocka_unit_test(what_is_as_good_is_left_alone),
      cmocka_unit_test(a_count_of_nodes_to_keep_up_does_not_cover_the_local_ones),
      cmocka_unit_test(later_releases_want_the_plugin_by_its_name),
      cmocka_unit_test(later_releases_need_neither_private_data_nor_tree_width),
      cmocka_unit_test(an_unknown_release_is_said),
      cmocka_unit_test(machines_reach_slurmctld_through_the_vpn),
      cmocka_unit_test(what_slurmctld_runs_with_counts_and_what_differs_is_told),
  };
  return cmocka_run_group_tests_name("cluster.slurm_fit", tests, nullptr, nullptr);
}
