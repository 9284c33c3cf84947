// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does slurm.conf's power saving call us, at the right time, for the right nodes?
#include <algorithm>
#include <limits>
#include <set>

#include "cluster/slurm_fit.h"
#include "core/hostlist.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Slurm's time-outs are whole seconds; -1 and INFINITE stand for never.
std::optional<std::int64_t> parse_seconds(const std::string& value) {
  const auto word = to_lower(value);
  if (word == "infinite" || word == "unlimited" || word == "-1") return kNever;
  return parse_whole_number(value, 1'000'000'000);
}

std::string format_seconds(std::int64_t seconds) {
  return seconds == kNever ? std::string("INFINITE") : std::to_string(seconds);
}

// As slurmctld's power_save.c has it: the longest that a partition of the node sets, else the
// option of the whole cluster.
std::int64_t seconds_of(const Fit& fit, const std::string& node, const std::string& key) {
  std::optional<std::int64_t> longest;
  for (const auto* partition : fit.partitions_of(node)) {
    const auto value = parse_seconds(value_of(partition->values, key));
    if (value) longest = std::max(*value, longest.value_or(0));
  }
  if (longest) return *longest;
  const auto absent = key == "resumetimeout" ? 60 : key == "suspendtimeout" ? 30 : kNever;
  return parse_seconds(fit.option(key)).value_or(absent);
}

bool is_excluded(const Fit& fit, const std::string& node, const std::set<std::string>& nodes) {
  if (nodes.contains(node)) return true;
  const auto& partitions = fit.partitions_of(node);
  const auto excluded = fit.option("suspendexcparts");
  const auto names = split(excluded, ',');
  return std::any_of(partitions.begin(), partitions.end(), [&](const auto* partition) {
    return std::find(names.begin(), names.end(), partition->names.front()) != names.end();
  });
}

// SuspendExcNodes without the parts that have a count ("n[1-9]:2" keeps any two of them).
std::set<std::string> excluded_nodes(const Fit& fit) {
  const auto value = fit.option("suspendexcnodes");
  if (value.empty() || value.find(':') != std::string::npos) return {};
  const auto names = expand_node_names(value);
  return names ? std::set<std::string>(names->begin(), names->end()) : std::set<std::string>();
}

void check_program(Fit& fit, const std::string& option, const std::string& program) {
  const auto value = fit.option(to_lower(option));
  if (value.empty()) {
    fit.refuse("", option + " is not set: set it to the path of " + program);
  } else if (value.front() != '/') {
    fit.refuse(fit.place(to_lower(option)), option + "=" + value + " is no absolute path");
  } else if (value.substr(value.rfind('/') + 1) != program) {
    fit.warn(fit.place(to_lower(option)),
             option + "=" + value + " is not " + program + ": it has to call it");
  }
}

void check_idle_time(Fit& fit, const Pool& pool, const std::set<std::string>& excluded) {
  std::vector<std::string> kept;
  for (const auto& node : pool.nodes) {
    if (seconds_of(fit, node, "suspendtime") == kNever || is_excluded(fit, node, excluded)) {
      kept.push_back(node);
    }
  }
  if (kept.empty()) return;
  fit.refuse(fit.place(pool),
             "pool " + pool.name + ": SuspendTime does not reach " + format_hostlist(kept) +
                 ", so idle machines are never given back: `spillway slurm-conf` prints a "
                 "partition that sets it");
}

void check_local_nodes(Fit& fit, const std::set<std::string>& excluded) {
  std::vector<std::string> exposed;
  for (const auto& [node, index] : fit.conf.node_index) {
    const auto state = to_lower(value_of(fit.conf.nodes[index].values, "state"));
    if (state == "cloud" || state == "future" || fit.is_pool_node(node)) continue;
    if (seconds_of(fit, node, "suspendtime") != kNever && !is_excluded(fit, node, excluded)) {
      exposed.push_back(node);
    }
  }
  if (exposed.empty()) return;
  fit.refuse(fit.place("suspendtime"),
             "SuspendTime reaches the local nodes " + format_hostlist(exposed) +
                 ", which Slurm would power down: put them into SuspendExcNodes, or set "
                 "SuspendTime in a partition of cloud nodes alone");
}

std::int64_t shortest_of(const Fit& fit, const Pool& pool, const std::string& key) {
  auto shortest = kNever;
  for (const auto& node : pool.nodes)
    shortest = std::min(shortest, seconds_of(fit, node, key));
  return shortest;
}

void check_timeouts(Fit& fit, const Pool& pool) {
  const auto resume = shortest_of(fit, pool, "resumetimeout");
  const auto boot = fit.config.timing.boot_deadline.count();
  if (resume < boot) {
    fit.refuse(fit.place("resumetimeout"),
               "pool " + pool.name + ": ResumeTimeout=" + format_seconds(resume) +
                   ", but a machine may take " + std::to_string(boot) +
                   " s to be ready (timing: boot_deadline): Slurm would give up nodes whose "
                   "machines still boot and bill");
  } else if (resume < 2 * boot) {
    fit.warn(fit.place("resumetimeout"),
             "pool " + pool.name + ": ResumeTimeout=" + format_seconds(resume) +
                 " leaves no time for a second boot elsewhere when a machine is given up after " +
                 std::to_string(boot) + " s (timing: boot_deadline): set " +
                 std::to_string(2 * boot + 300));
  }
  const auto suspend = shortest_of(fit, pool, "suspendtimeout");
  if (suspend < 60) {
    fit.warn(fit.place("suspendtimeout"),
             "pool " + pool.name + ": SuspendTimeout=" + format_seconds(suspend) +
                 " is shorter than clouds take to end a machine, so a node can be asked for while "
                 "its last machine still ends: set 300");
  }
}

// Nodes a minute; 0 is no limit. A rate below the pools' size splits gangs over several calls.
void check_rate(Fit& fit, const std::string& option, std::int64_t absent) {
  const auto key = to_lower(option);
  const auto rate = parse_whole_number(fit.option(key)).value_or(absent);
  std::size_t nodes = 0;
  for (const auto& pool : fit.config.pools)
    nodes = std::max(nodes, pool.nodes.size());
  if (rate == 0 || static_cast<std::size_t>(rate) >= nodes) return;
  fit.warn(fit.place(key),
           option + "=" + std::to_string(rate) + " nodes a minute delays larger pools: set " +
               option + "=0, Spillway keeps to the clouds' own rates");
}

void check_controller_options(Fit& fit) {
  if (fit.option("returntoservice") != "2") {
    fit.warn(fit.place("returntoservice"),
             "ReturnToService is not 2: a machine that registers late sets its node DOWN");
  }
  if (fit.option_lists("slurmctldparameters", "idle_on_node_suspend")) {
    fit.warn(fit.place("slurmctldparameters"),
             "idle_on_node_suspend takes an admin's drain off when the node powers down: drop it");
  }
  if (fit.option_lists("slurmctldparameters", "cloud_dns")) {
    fit.warn(fit.place("slurmctldparameters"),
             "cloud_dns makes Slurm look cloud nodes up by name instead of by the address that "
             "Spillway sets: drop it unless every name resolves everywhere");
  }
  if (!fit.release) return;
  if (*fit.release < SlurmRelease{23, 2} && !fit.option_lists("privatedata", "cloud")) {
    fit.refuse(fit.place("privatedata"),
               "PrivateData does not list cloud: this Slurm then hides powered-down nodes from "
               "everybody, Spillway too: set PrivateData=cloud");
  }
  const auto width = parse_whole_number(fit.option("treewidth")).value_or(50);
  if (*fit.release < SlurmRelease{23, 11} &&
      static_cast<std::size_t>(width) < fit.conf.node_index.size()) {
    fit.warn(fit.place("treewidth"),
             "TreeWidth=" + std::to_string(width) +
                 " lets nodes pass messages on, and cloud "
                 "nodes do not know each other's addresses in "
                 "this Slurm: set TreeWidth=65533");
  }
}

}  // namespace

void check_programs(Fit& fit) {
  check_program(fit, "ResumeProgram", "spillway-resume");
  check_program(fit, "SuspendProgram", "spillway-suspend");
  check_program(fit, "ResumeFailProgram", "spillway-resume-fail");
}

void check_power_saving(Fit& fit) {
  const auto excluded = excluded_nodes(fit);
  for (const auto& pool : fit.config.pools) {
    check_idle_time(fit, pool, excluded);
    check_timeouts(fit, pool);
  }
  check_local_nodes(fit, excluded);
  check_rate(fit, "ResumeRate", 300);
  check_rate(fit, "SuspendRate", 60);
  check_controller_options(fit);
}

}  // namespace spillway
