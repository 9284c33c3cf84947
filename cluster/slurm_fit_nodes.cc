// SPDX-License-Identifier: GPL-2.0-or-later
//
// Do NodeName and PartitionName lines hold what the pools and the policy speak of?
#include <algorithm>
#include <map>
#include <set>

#include "cluster/slurm_fit.h"
#include "core/hostlist.h"
#include "lib/text.h"

namespace spillway {
namespace {

struct GpuCount {
  std::int64_t fitting = 0;  // of the wanted kind, or of no kind at all
  std::int64_t others = 0;
};

// Reads Gres="gpu:h100:8(S:0-1),nvme:2".
GpuCount count_gpus(const std::string& gres, const std::string& kind) {
  GpuCount count;
  for (const auto element : split(gres, ',')) {
    const auto parts = split(trim(element.substr(0, element.find('('))), ':');
    if (to_lower(parts.front()) != "gpu") continue;
    const auto number = parse_whole_number(parts.back(), 1'000'000);
    const bool has_kind = parts.size() > 2 || (parts.size() == 2 && !number);
    const bool fits = !has_kind || kind.empty() || to_lower(parts[1]) == kind;
    (fits ? count.fitting : count.others) += number.value_or(1);
  }
  return count;
}

std::int64_t number_of(const SlurmConf::Line& line, const std::string& key, std::int64_t absent) {
  return parse_whole_number(value_of(line.values, key), 1'000'000'000).value_or(absent);
}

// As Slurm counts: CPUs= (once Procs=), else the product of the topology.
std::int64_t cpus_of(const SlurmConf::Line& line) {
  const auto named = number_of(line, "cpus", number_of(line, "procs", 0));
  if (named > 0) return named;
  const auto sockets = number_of(
      line, "sockets", number_of(line, "boards", 1) * number_of(line, "socketsperboard", 1));
  return sockets * number_of(line, "corespersocket", 1) * number_of(line, "threadspercore", 1);
}

void check_state(Fit& fit, const Pool& pool, const SlurmConf::Line& line) {
  const auto state = to_lower(value_of(line.values, "state"));
  if (state == "cloud") return;
  fit.refuse(place_of(line),
             "pool " + pool.name + ": State=" + (state.empty() ? "UNKNOWN" : state) +
                 " where State=CLOUD must be, or Slurm takes the nodes for machines of its own");
}

void check_gres(Fit& fit, const Pool& pool, const SlurmConf::Line& line) {
  const auto gres = value_of(line.values, "gres");
  const auto count = count_gpus(gres, pool.shape.gpu);
  const auto wanted = "Gres=gpu:" + pool.shape.gpu + ":" + std::to_string(pool.shape.gpus);
  const auto found = gres.empty() ? std::string("no Gres=") : "Gres=" + gres;
  if (count.others > 0 || count.fitting > pool.shape.gpus) {
    fit.refuse(place_of(line),
               "pool " + pool.name + ": " + found + " promises more than the pool's shape has: " +
                   (pool.shape.gpus > 0 ? "set " + wanted : std::string("drop the GPUs")));
  } else if (count.fitting == 0 && pool.shape.gpus > 0) {
    fit.refuse(
        place_of(line),
        "pool " + pool.name + ": " + found + ", so no job that asks for GPUs fits: set " + wanted);
  } else if (count.fitting < pool.shape.gpus) {
    fit.warn(place_of(line),
             "pool " + pool.name + ": " + found + " leaves GPUs unused that are paid for: set " +
                 wanted);
  }
}

void check_size(Fit& fit, const Pool& pool, const SlurmConf::Line& line) {
  const auto cpus = cpus_of(line);
  if (pool.shape.cpus > 0 && cpus > pool.shape.cpus) {
    fit.refuse(place_of(line),
               "pool " + pool.name + ": " + std::to_string(cpus) + " CPUs, but the shape has " +
                   std::to_string(pool.shape.cpus) + ": slurmd would register too few");
  } else if (pool.shape.cpus > 1 && cpus == 1) {
    fit.warn(place_of(line),
             "pool " + pool.name + ": one CPU a node: set CPUs=" + std::to_string(pool.shape.cpus));
  }
  const auto memory = number_of(line, "realmemory", 1);
  if (pool.shape.memory_mib > 0 && memory > pool.shape.memory_mib) {
    fit.refuse(place_of(line),
               "pool " + pool.name + ": RealMemory=" + std::to_string(memory) +
                   " (MiB), but the shape has " + std::to_string(pool.shape.memory_mib) +
                   ": slurmd would register too little");
  } else if (pool.shape.memory_mib > 0 && memory == 1) {
    fit.warn(place_of(line),
             "pool " + pool.name +
                 ": RealMemory= is not set, so jobs that ask for memory never "
                 "fit: `spillway slurm-conf` prints a value");
  }
}

void check_pool(Fit& fit, const Pool& pool) {
  std::vector<std::string> missing;
  std::set<const SlurmConf::Line*> lines;
  for (const auto& node : pool.nodes) {
    const auto* line = fit.conf.find_node(node);
    if (line == nullptr) {
      missing.push_back(node);
    } else {
      lines.insert(line);
    }
  }
  if (!missing.empty()) {
    fit.refuse(fit.place(pool),
               "pool " + pool.name + ": slurm.conf has no nodes " + format_hostlist(missing) +
                   ": `spillway slurm-conf` prints the lines");
  }
  for (const auto* line : lines) {
    check_state(fit, pool, *line);
    check_gres(fit, pool, *line);
    check_size(fit, pool, *line);
  }
}

// Cloud nodes that no pool has: Slurm may power them up, and nothing would come.
void check_strangers(Fit& fit) {
  for (const auto& line : fit.conf.nodes) {
    if (to_lower(value_of(line.values, "state")) != "cloud") continue;
    std::vector<std::string> strangers;
    std::copy_if(
        line.names.begin(), line.names.end(), std::back_inserter(strangers), [&](const auto& node) {
          return !fit.is_pool_node(node);
        });
    if (strangers.empty()) continue;
    fit.warn(place_of(line),
             "cloud nodes " + format_hostlist(strangers) +
                 " are in no pool: Spillway will not power them up");
  }
}

bool is_policy_partition(const Fit& fit, const std::string& name) {
  const auto found = fit.config.policy.partitions.find(name);
  return found != fit.config.policy.partitions.end() && found->second.may_burst();
}

void check_policy_partition(Fit& fit, const std::string& name, const PartitionPolicy& policy) {
  const auto where = fit.config.file + ":" + std::to_string(policy.line);
  const auto* partition = fit.conf.find_partition(name);
  if (partition == nullptr) {
    fit.refuse(where, "slurm.conf has no PartitionName=" + name);
    return;
  }
  const auto nodes = fit.conf.nodes_of(*partition);
  const bool has_cloud = std::any_of(
      nodes.begin(), nodes.end(), [&](const auto& node) { return fit.is_pool_node(node); });
  if (!policy.may_burst() || has_cloud) return;
  fit.refuse(place_of(*partition),
             "partition " + name +
                 " may burst, but has no node of any pool: add the pools' nodes "
                 "to its Nodes=");
}

}  // namespace

void check_nodes(Fit& fit) {
  for (const auto& pool : fit.config.pools)
    check_pool(fit, pool);
  check_strangers(fit);
  const bool has_gpus = std::any_of(fit.config.pools.begin(),
                                    fit.config.pools.end(),
                                    [](const auto& pool) { return pool.shape.gpus > 0; });
  if (has_gpus && !fit.option_lists("grestypes", "gpu")) {
    fit.refuse(fit.place("grestypes"), "GresTypes= does not list gpu: set GresTypes=gpu");
  }
}

void check_partitions(Fit& fit) {
  for (const auto& [name, policy] : fit.config.policy.partitions) {
    check_policy_partition(fit, name, policy);
  }
  for (const auto& pool : fit.config.pools) {
    std::vector<std::string> unused;
    for (const auto& node : pool.nodes) {
      const auto& partitions = fit.partitions_of(node);
      const bool used =
          std::any_of(partitions.begin(), partitions.end(), [&](const auto* partition) {
            return is_policy_partition(fit, partition->names.front());
          });
      if (!used && fit.conf.find_node(node) != nullptr) unused.push_back(node);
    }
    if (unused.empty()) continue;
    fit.warn(fit.place(pool),
             "pool " + pool.name + ": " + format_hostlist(unused) +
                 " are in no partition that may burst: they will not be used");
  }
}

}  // namespace spillway
