// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parts of fit_slurm_conf, one a topic; private to cluster/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/slurm_conf.h"
#include "cluster/slurm_release.h"
#include "core/config.h"

namespace spillway {

// The two files side by side, and where findings go.
class Fit {
 public:
  Fit(const SlurmConf& conf, const Config& config, std::optional<SlurmRelease> release);

  void warn(const std::string& where, const std::string& text);
  void refuse(const std::string& where, const std::string& text);
  // Runs one topic; says `fine` if it had nothing to say.
  void topic(void (*check)(Fit&), const std::string& fine);

  [[nodiscard]] std::string option(const std::string& key) const;  // lower case key, or ""
  [[nodiscard]] std::string place(const std::string& key) const;   // where it stands, or ""
  [[nodiscard]] bool option_lists(const std::string& key, const std::string& word) const;
  [[nodiscard]] std::string place(const Pool& pool) const;
  // Every node of every pool.
  [[nodiscard]] bool is_pool_node(const std::string& node) const;
  [[nodiscard]] const std::vector<const SlurmConf::Line*>& partitions_of(
      const std::string& node) const;

  const SlurmConf& conf;
  const Config& config;
  std::optional<SlurmRelease> release;
  std::vector<FitFinding> findings;

 private:
  std::map<std::string, std::vector<const SlurmConf::Line*>> partitions_of_node_;
};

[[nodiscard]] std::string place_of(const SlurmConf::Line& line);

void check_nodes(Fit& fit);         // slurm_fit_nodes.cc
void check_partitions(Fit& fit);    // slurm_fit_nodes.cc
void check_programs(Fit& fit);      // slurm_fit_power.cc
void check_power_saving(Fit& fit);  // slurm_fit_power.cc
void check_plugin(Fit& fit);        // slurm_fit.cc
// REQUIRES: there is a VPN.
void check_vpn(Fit& fit);  // slurm_fit_vpn.cc

}  // namespace spillway
