// SPDX-License-Identifier: GPL-2.0-or-later
//
// slurm.conf as far as we must know it: read as text, so that `spillway check` works where no
// slurmctld runs. Pure but for read_slurm_conf.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "lib/result.h"

namespace spillway {

// Keys are lower case; line continuations, comments, quotes and the DEFAULT lines are resolved.
struct SlurmConf {
  struct Line {
    std::string file;
    int line = 0;
    std::map<std::string, std::string> values;  // key in lower case -> value
    std::vector<std::string> names;             // NodeName= expanded; the one PartitionName=
  };

  std::map<std::string, std::string> values;  // single options, key in lower case
  std::map<std::string, std::string> places;  // the same keys -> "file:line"
  std::vector<Line> nodes;
  std::vector<Line> partitions;
  std::vector<Line> node_sets;

  [[nodiscard]] const Line* find_node(const std::string& name) const;
  [[nodiscard]] const Line* find_partition(const std::string& name) const;
  // The names that a partition's Nodes= stands for: ALL and node sets are resolved.
  [[nodiscard]] std::vector<std::string> nodes_of(const Line& partition) const;

  std::map<std::string, std::size_t> node_index;  // node -> index in `nodes`
};

// The value of `key` (lower case) in a line, or "".
[[nodiscard]] std::string value_of(const std::map<std::string, std::string>& values,
                                   const std::string& key);

// Host list expressions as slurm.conf has them, with several brackets a name ("r[1-2]n[01-16]").
// Errors: kInvalid, also beyond 65,536 names.
[[nodiscard]] Result<std::vector<std::string>> expand_node_names(std::string_view expression);

// Reads one text; it cannot have `Include` lines. Errors: kInvalid, "file:line: what".
[[nodiscard]] Result<SlurmConf> parse_slurm_conf(std::string_view text, const std::string& file);
// Reads a file and the files that it includes, whose relative names are looked up beside `path`.
// Errors: kNotFound, kIo, kInvalid.
[[nodiscard]] Result<SlurmConf> read_slurm_conf(const std::string& path);

struct FitFinding {
  enum class Level { kOk, kWarning, kFailure };
  Level level = Level::kFailure;
  std::string where;  // "slurm.conf:12", "spillway.yaml:30", or ""
  std::string text;   // what was found, and what would be right
};

// Does slurm.conf fit spillway.yaml? Nodes defined, State=CLOUD, Gres, CPUs and memory that the
// pool's shape can hold, pools' nodes in the partitions of the policy, SuspendProgram,
// ResumeProgram and ResumeFailProgram set, time-outs that fit the boot times, SuspendTime that
// reaches all cloud nodes and no local one, ReturnToService, the select plugin in place for
// `slurm_version`, PrivateData=cloud on 22.05. A topic without findings gives one kOk line.
[[nodiscard]] std::vector<FitFinding> fit_slurm_conf(const SlurmConf& conf,
                                                     const Config& config,
                                                     std::string_view slurm_version);

// Puts what slurmctld runs with ("SelectType" and so on) in the place of the file's options. Says
// where the two differ: the file was changed, and slurmctld does not know it yet.
[[nodiscard]] std::vector<FitFinding> take_running_options(
    SlurmConf& conf, const std::map<std::string, std::string>& running);

// The lines an admin puts into slurm.conf for the configured pools.
// `boot_times` by pool name, of the slowest offer; `program_folder` holds the power-save programs.
struct SlurmLinesInput {
  std::map<std::string, std::chrono::seconds> boot_times;
  std::string program_folder;
  std::string plugin_folder;  // Spillway's
  std::string slurm_version;
  std::string slurm_plugin_folder;  // Slurm's own; empty: where it was at build time
};
[[nodiscard]] std::string format_slurm_lines(const Config& config, const SlurmLinesInput& input);

}  // namespace spillway
