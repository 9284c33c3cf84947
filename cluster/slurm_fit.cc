// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/slurm_fit.h"

#include <algorithm>
#include <utility>

#include "lib/text.h"

namespace spillway {

Fit::Fit(const SlurmConf& slurm_conf,
         const Config& spillway_config,
         std::optional<SlurmRelease> slurm_release)
    : conf(slurm_conf), config(spillway_config), release(slurm_release) {
  for (const auto& partition : conf.partitions) {
    for (const auto& node : conf.nodes_of(partition)) {
      partitions_of_node_[node].push_back(&partition);
    }
  }
}

void Fit::warn(const std::string& where, const std::string& text) {
  findings.push_back({FitFinding::Level::kWarning, where, text});
}

void Fit::refuse(const std::string& where, const std::string& text) {
  findings.push_back({FitFinding::Level::kFailure, where, text});
}

void Fit::topic(void (*check)(Fit&), const std::string& fine) {
  const auto before = findings.size();
  check(*this);
  if (findings.size() == before) findings.push_back({FitFinding::Level::kOk, "", fine});
}

std::string Fit::option(const std::string& key) const {
  return value_of(conf.values, key);
}

std::string Fit::place(const std::string& key) const {
  return value_of(conf.places, key);
}

std::string Fit::place(const Pool& pool) const {
  return config.file + ":" + std::to_string(pool.line);
}

bool Fit::option_lists(const std::string& key, const std::string& word) const {
  const auto value = to_lower(option(key));
  const auto words = split(value, ',');
  return std::any_of(words.begin(), words.end(), [&](auto one) { return trim(one) == word; });
}

bool Fit::is_pool_node(const std::string& node) const {
  return config.find_pool_of(node) != nullptr;
}

const std::vector<const SlurmConf::Line*>& Fit::partitions_of(const std::string& node) const {
  static const std::vector<const SlurmConf::Line*> none;
  const auto found = partitions_of_node_.find(node);
  return found == partitions_of_node_.end() ? none : found->second;
}

std::string place_of(const SlurmConf::Line& line) {
  return line.file + ":" + std::to_string(line.line);
}

namespace {

// Up to 24.11 every select plugin that is found is loaded, and two with one id end slurmctld, so
// ours stands in for the stock one (docs/slurm-facts.md section 1).
void check_overlay(Fit& fit) {
  const auto type = fit.option("selecttype");
  if (type != "select/cons_tres") {
    fit.refuse(fit.place("selecttype"),
               (type.empty() ? std::string("SelectType is not set") : "SelectType=" + type) +
                   ": set SelectType=select/cons_tres");
  }
  const auto folders = fit.option("plugindir");
  if (folders.find(':') == std::string::npos) {
    fit.refuse(fit.place("plugindir"),
               (folders.empty() ? std::string("PluginDir is not set") : "PluginDir=" + folders) +
                   ": put Spillway's plugin folder before Slurm's own, "
                   "PluginDir=<spillway's>:<slurm's>; `spillway slurm-conf` prints it");
  }
}

void check_own_type(Fit& fit) {
  const auto type = fit.option("selecttype");
  if (type == "select/spillway") return;
  fit.refuse(fit.place("selecttype"),
             (type.empty() ? std::string("SelectType is not set") : "SelectType=" + type) +
                 ": set SelectType=select/spillway, or jobs burst without Spillway's permission");
}

}  // namespace

void check_plugin(Fit& fit) {
  if (!fit.release) {
    fit.warn("", "Slurm's version is not known: which plugin it needs was not checked");
  } else if (*fit.release < SlurmRelease{25, 5}) {
    check_overlay(fit);
  } else {
    check_own_type(fit);
  }
}

std::vector<FitFinding> take_running_options(SlurmConf& conf,
                                             const std::map<std::string, std::string>& running) {
  std::vector<FitFinding> findings;
  for (const auto& [option, value] : running) {
    const auto key = to_lower(option);
    const auto written = conf.values.find(key);
    // What the file leaves away has Slurm's default.
    if (written != conf.values.end() && to_lower(written->second) != to_lower(value)) {
      findings.push_back({FitFinding::Level::kWarning,
                          value_of(conf.places, key),
                          option + "=" + written->second + ", but slurmctld runs with " +
                              (value.empty() ? "none" : value) + ": restart slurmctld"});
    }
    conf.values[key] = value;
  }
  return findings;
}

std::vector<FitFinding> fit_slurm_conf(const SlurmConf& conf,
                                       const Config& config,
                                       std::string_view slurm_version) {
  Fit fit(conf, config, parse_slurm_release(slurm_version));
  std::size_t nodes = 0;
  for (const auto& pool : config.pools)
    nodes += pool.nodes.size();
  fit.topic(check_nodes,
            "nodes: " + std::to_string(nodes) + " of " + std::to_string(config.pools.size()) +
                (config.pools.size() == 1 ? " pool" : " pools") + ", as promised");
  fit.topic(check_partitions, "partitions: every partition of the policy has cloud nodes");
  fit.topic(check_programs, "programs: ResumeProgram, SuspendProgram, ResumeFailProgram are set");
  fit.topic(check_power_saving, "power saving: idle cloud nodes are given back, no others");
  fit.topic(check_plugin, "plugin: SelectType and PluginDir are as it needs");
  if (config.vpn) fit.topic(check_vpn, "vpn: machines reach slurmctld through it");
  return std::move(fit.findings);
}

}  // namespace spillway
