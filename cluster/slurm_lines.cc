// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cluster/slurm_conf.h"
#include "cluster/slurm_release.h"
#include "core/hostlist.h"
#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::seconds;

// Slurm starts to count when it asks. A machine that does not come up is known for it at the boot
// deadline; its gang then goes elsewhere and boots once more.
constexpr int kBoots = 2;
constexpr seconds kOrderMargin{300};
constexpr seconds kEndOfMachine{300};
constexpr seconds kLongestTimeout{65'000};  // Slurm keeps it in 16 bits
// slurmd finds less memory than a machine is sold with, and refuses to promise more than it finds.
constexpr std::int64_t kMemoryPercent = 95;
constexpr int kCloudWeight = 1000;

std::string format_node_line(const Pool& pool) {
  const auto& shape = pool.shape;
  std::string line = "NodeName=" + pool.nodes_expression + " State=CLOUD";
  if (shape.gpus > 0) {
    line += " Gres=gpu:" + (shape.gpu.empty() ? "" : shape.gpu + ":") + std::to_string(shape.gpus);
  }
  if (shape.cpus > 0) line += " CPUs=" + std::to_string(shape.cpus);
  if (shape.memory_mib > 0) {
    line += " RealMemory=" + std::to_string(shape.memory_mib * kMemoryPercent / 100);
  }
  line += " Weight=" + std::to_string(kCloudWeight);
  line += shape.infiniband ? " Feature=cloud,ib,infiniband" : " Feature=cloud";
  return line + "\n";
}

std::string cloud_nodes(const Config& config) {
  std::vector<std::string> expressions;
  for (const auto& pool : config.pools)
    expressions.push_back(pool.nodes_expression);
  return join(expressions, ",");
}

std::string format_nodes(const Config& config) {
  std::string text =
      "# The cloud nodes. They cost nothing while they are powered down. RealMemory is 95 % of\n"
      "# the pool's shape. The weight lets Slurm fill the local nodes first.\n";
  for (const auto& pool : config.pools)
    text += format_node_line(pool);
  const bool has_gpus = std::any_of(config.pools.begin(), config.pools.end(), [](const auto& pool) {
    return pool.shape.gpus > 0;
  });
  if (has_gpus) text += "GresTypes=gpu  # beside what it lists already\n";
  return text;
}

std::string format_partitions(const Config& config) {
  const auto nodes = cloud_nodes(config);
  std::string text =
      "# Add the cloud nodes to the partitions that may burst, beside the local ones:\n";
  for (const auto& [name, policy] : config.policy.partitions) {
    if (!policy.may_burst()) continue;
    text += "#   PartitionName=" + name + " Nodes=<as it is now>," + nodes + " ...\n";
  }
  text +=
      "# Nobody submits to this partition. It gives the cloud nodes, and no others, the time "
      "after\n"
      "# which an idle node is powered down; local nodes stay up whatever happens.\n"
      "PartitionName=spillway Nodes=" +
      nodes +
      " Hidden=YES State=INACTIVE SuspendTime=" + std::to_string(config.timing.idle.count()) + "\n";
  return text;
}

seconds resume_timeout(const Config& config, const SlurmLinesInput& input) {
  auto longest = config.timing.boot_deadline;
  for (const auto& pool : config.pools) {
    const auto boot = input.boot_times.find(pool.name);
    if (boot != input.boot_times.end()) longest = std::max(longest, boot->second * 3 / 2);
  }
  const auto whole_minutes =
      std::chrono::ceil<std::chrono::minutes>(kBoots * longest + kOrderMargin);
  return std::min<seconds>(whole_minutes, kLongestTimeout);
}

std::string format_power_saving(const Config& config, const SlurmLinesInput& input) {
  const auto& folder = input.program_folder;
  return "# Power saving.\n"
         "ResumeProgram=" +
         folder + "/spillway-resume\nSuspendProgram=" + folder +
         "/spillway-suspend\nResumeFailProgram=" + folder +
         "/spillway-resume-fail\n"
         "# From the call of ResumeProgram to a registered node: time to order, and for a second "
         "boot\n# elsewhere when the first one is given up at the boot deadline.\n"
         "ResumeTimeout=" +
         std::to_string(resume_timeout(config, input).count()) +
         "\nSuspendTimeout=" + std::to_string(kEndOfMachine.count()) +
         "\n# Gangs are powered up whole; Spillway keeps to the clouds' own rates.\n"
         "ResumeRate=0\nSuspendRate=0\n"
         "# A machine that registers late is welcome.\n"
         "ReturnToService=2\n";
}

std::string format_release_lines(const std::optional<SlurmRelease>& release) {
  if (!release) return "";
  std::string text;
  if (*release < SlurmRelease{23, 2}) {
    text +=
        "# Without it this Slurm hides powered-down cloud nodes, from Spillway as well.\n"
        "PrivateData=cloud  # beside what it lists already\n";
  }
  if (*release < SlurmRelease{23, 11}) {
    text +=
        "# Cloud nodes do not know each other's addresses: slurmctld speaks to each by itself.\n"
        "TreeWidth=65533\n";
  }
  if (*release >= SlurmRelease{25, 5}) {
    text +=
        "# Jobs that asked not to be requeued survive a machine that never came, too.\n"
        "SchedulerParameters=requeue_on_resume_failure  # beside what it lists already\n";
  }
  return text;
}

std::string format_plugin(const SlurmLinesInput& input,
                          const std::optional<SlurmRelease>& release) {
  const auto own = input.slurm_plugin_folder.empty() ? std::string(SPILLWAY_SLURM_PLUGIN_DIR)
                                                     : input.slurm_plugin_folder;
  std::string text =
      "# The select plugin: hides cloud nodes from jobs that have no permission to burst.\n";
  if (release && *release >= SlurmRelease{25, 5}) {
    text += "SelectType=select/spillway\n";
    if (input.plugin_folder != own) text += "PluginDir=" + input.plugin_folder + ":" + own + "\n";
    return text;
  }
  return text +
         "# Up to 24.11 it stands in for the stock one, so its folder comes first. Hosts that "
         "share\n"
         "# this file need the folder, too; it may be empty there.\n"
         "SelectType=select/cons_tres\n"
         "PluginDir=" +
         input.plugin_folder + ":" + own + "\n";
}

}  // namespace

std::string format_slurm_lines(const Config& config, const SlurmLinesInput& input) {
  const auto release = parse_slurm_release(input.slurm_version);
  std::string text = "# Spillway: lines for slurm.conf, made by `spillway slurm-conf` from " +
                     config.file + "\n# for Slurm " + printable(input.slurm_version, 40) +
                     ". Take them over, run `spillway check`, then restart slurmctld.\n\n";
  text += format_plugin(input, release) + "\n";
  text += format_nodes(config) + "\n";
  text += format_partitions(config) + "\n";
  text += format_power_saving(config, input);
  return text + format_release_lines(release);
}

}  // namespace spillway
