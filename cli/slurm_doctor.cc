// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/slurm_doctor.h"

#include <cstdlib>
#include <utility>

#include "cli/apart.h"
#include "cluster/slurm_release.h"
#include "core/hostlist.h"

namespace spillway {
namespace {

constexpr std::chrono::seconds kSlurmPatience{60};

CheckLine slurm_line(CheckLevel level, const std::string& text) {
  return {level, "slurm", text};
}

void append(std::vector<CheckLine>& lines, const std::vector<CheckLine>& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

CheckLine check_version(const std::string& version) {
  if (parse_slurm_release(version) == parse_slurm_release(built_slurm_version())) {
    return slurm_line(CheckLevel::kOk, "slurmctld answers, version " + version);
  }
  return slurm_line(CheckLevel::kFailure,
                    "slurmctld is " + version + ", this Spillway was built for " +
                        built_slurm_version() + ": install the one built for " + version);
}

std::vector<CheckLine> ask(const Config& config, const SlurmConf& conf) {
  const auto slurm = make_libslurm();
  if (!slurm) return {slurm_line(CheckLevel::kFailure, slurm.error().message)};
  const auto running = ask_running_slurm();
  if (!running) {
    const bool is_refused = running.error().code == ErrorCode::kUnauthorized;
    std::vector<CheckLine> lines = {slurm_line(
        CheckLevel::kFailure,
        running.error().message + (is_refused ? ": is munged running, with the cluster's key?"
                                              : ": is slurmctld running? `scontrol ping`"))};
    append(lines, check_slurm(fit_slurm_conf(conf, config, built_slurm_version())));
    return lines;
  }
  auto lines = check_running_slurm(config, conf, *running);
  lines.push_back(check_plugin_file(*running, look_at_this_host()));
  const auto view = (*slurm)->observe();
  append(lines,
         view ? check_known_nodes(config, *view)
              : std::vector{slurm_line(CheckLevel::kFailure, view.error().message)});
  return lines;
}

}  // namespace

std::vector<CheckLine> check_running_slurm(const Config& config,
                                           SlurmConf conf,
                                           const RunningSlurm& running) {
  std::vector<CheckLine> lines = {check_version(running.version)};
  append(lines, check_slurm(take_running_options(conf, running.options)));
  append(lines, check_slurm(fit_slurm_conf(conf, config, running.version)));
  return lines;
}

CheckLine check_plugin_file(const RunningSlurm& running, const HostLook& look) {
  const auto folders = value_of(running.options, "PluginDir");
  const auto first = folders.substr(0, folders.find(':'));
  const auto release = parse_slurm_release(running.version);
  const bool is_overlay = !release || *release < SlurmRelease{25, 5};
  const std::string where_it_says = "slurmctld's log alone tells (\"select/spillway\")";
  if (!is_overlay) return slurm_line(CheckLevel::kOk, "plugin: " + where_it_says + " how it fares");
  if (!look.readable(first)) {
    return slurm_line(
        CheckLevel::kOk,
        "plugin: " + first + " cannot be seen from here; " + where_it_says + " that it was loaded");
  }
  const auto file = look.readable(first + "/select_cons_tres.so");
  if (file) {
    return slurm_line(CheckLevel::kOk,
                      "plugin: is in " + first + ", where slurmctld looks first; " + where_it_says +
                          " that it was loaded");
  }
  return slurm_line(CheckLevel::kFailure,
                    file.error().message +
                        ": slurmctld takes the stock plugin, and any job takes cloud nodes: copy "
                        "Spillway's there and restart slurmctld");
}

std::vector<CheckLine> check_known_nodes(const Config& config, const SlurmView& view) {
  std::vector<std::string> unknown;
  for (const auto& pool : config.pools) {
    for (const auto& node : pool.nodes) {
      const auto found = view.nodes.find(node);
      if (found == view.nodes.end() || !found->second.cloud) unknown.push_back(node);
    }
  }
  if (unknown.empty()) {
    return {slurm_line(CheckLevel::kOk, "slurmctld knows every node of every pool")};
  }
  return {slurm_line(CheckLevel::kFailure,
                     "slurmctld does not know " + format_hostlist(unknown) +
                         " as cloud nodes: restart it once slurm.conf has them")};
}

std::vector<CheckLine> ask_slurm(const Config& config,
                                 const std::string& path,
                                 const SlurmConf& conf) {
  auto lines = find_apart(
      [&] {
        setenv("SLURM_CONF", path.c_str(), 1);  // NOLINT: the only thread of its process
        return ask(config, conf);
      },
      kSlurmPatience);
  if (lines) return *std::move(lines);
  std::vector<CheckLine> alone = {
      slurm_line(CheckLevel::kFailure, "slurmctld was not asked: " + lines.error().message)};
  append(alone, check_slurm(fit_slurm_conf(conf, config, built_slurm_version())));
  return alone;
}

Result<std::vector<CheckLine>> find_apart(const std::function<std::vector<CheckLine>()>& find,
                                          std::chrono::seconds patience) {
  const auto said = say_apart([&] { return check_json(find()).dump(); }, patience);
  if (!said) return said.error();
  return parse_check_json(*said);
}

}  // namespace spillway
