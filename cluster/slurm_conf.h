// SPDX-License-Identifier: GPL-2.0-or-later
//
// slurm.conf as far as we must know it: read as text, so that `spillway check` works where no
// slurmctld runs. Pure but for read_slurm_conf.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "lib/result.h"

namespace spillway {

// Keys are lower case; line continuations and comments are resolved, `Include` is followed by
// read_slurm_conf.
struct SlurmConf {
  struct Line {
    std::string file;
    int line = 0;
    std::map<std::string, std::string> values;  // key in lower case -> value
    std::vector<std::string> names;             // NodeName= or PartitionName=, expanded
  };

  std::map<std::string, std::string> values;  // single options, key in lower case
  std::vector<Line> nodes;
  std::vector<Line> partitions;

  [[nodiscard]] const Line* find_node(const std::string& name) const;
  std::map<std::string, std::size_t> node_index;
};

// Reads one text; `include` gives the text of an included file.
[[nodiscard]] Result<SlurmConf> parse_slurm_conf(std::string_view text, const std::string& file);
[[nodiscard]] Result<SlurmConf> read_slurm_conf(const std::string& path);

struct FitFinding {
  enum class Level { kOk, kWarning, kFailure };
  Level level = Level::kFailure;
  std::string where;  // "slurm.conf:12", "spillway.yaml:30", or ""
  std::string text;   // what was found, and what would be right
};

// Does slurm.conf fit spillway.yaml? Nodes defined, State=CLOUD, Gres, CPUs and memory that the
// pool's shape can hold, pools' nodes in the partitions of the policy, SuspendProgram,
// ResumeProgram and ResumeFailProgram set, time-outs that fit the boot times, SuspendTime,
// ReturnToService, the select plugin in place for `slurm_version`, PrivateData=cloud on 22.05.
[[nodiscard]] std::vector<FitFinding> fit_slurm_conf(const SlurmConf& conf,
                                                     const Config& config,
                                                     std::string_view slurm_version);

// The lines an admin puts into slurm.conf for the configured pools.
// `boot_times` by pool name, of the slowest offer; `program_folder` holds the power-save programs.
struct SlurmLinesInput {
  std::map<std::string, std::chrono::seconds> boot_times;
  std::string program_folder;
  std::string plugin_folder;
  std::string slurm_version;
};
[[nodiscard]] std::string format_slurm_lines(const Config& config, const SlurmLinesInput& input);

}  // namespace spillway
