// SPDX-License-Identifier: GPL-2.0-or-later
//
// The doctor's part on Slurm: what slurmctld runs with, laid over slurm.conf.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cli/check.h"
#include "cluster/slurm.h"
#include "cluster/slurm_conf.h"
#include "core/config.h"
#include "core/world.h"
#include "lib/result.h"

namespace spillway {

// Does what slurmctld runs with fit?
[[nodiscard]] std::vector<CheckLine> check_running_slurm(const Config& config,
                                                         SlurmConf conf,
                                                         const RunningSlurm& running);
// Is there a plugin where slurmctld looks first? Whether it was loaded, slurmctld tells its log
// alone.
[[nodiscard]] CheckLine check_plugin_file(const RunningSlurm& running, const HostLook& look);
// Does slurmctld know the pools' nodes, all of them as cloud nodes?
[[nodiscard]] std::vector<CheckLine> check_known_nodes(const Config& config, const SlurmView& view);

// Asks slurmctld by the slurm.conf at `path`, which reads as `conf`; when it does not answer, the
// file alone is judged.
[[nodiscard]] std::vector<CheckLine> ask_slurm(const Config& config,
                                               const std::string& path,
                                               const SlurmConf& conf);

// What `find` finds in a process of its own. Errors: those of say_apart.
[[nodiscard]] Result<std::vector<CheckLine>> find_apart(
    const std::function<std::vector<CheckLine>()>& find, std::chrono::seconds patience);

}  // namespace spillway
