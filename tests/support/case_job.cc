// SPDX-License-Identifier: GPL-2.0-or-later
#include <chrono>
#include <optional>
#include <utility>

#include "core/config_values.h"
#include "lib/text.h"
#include "tests/support/case_reader.h"

namespace spillway {
namespace {

using std::chrono::seconds;

// -N: "4", or "2-4".
Result<std::pair<std::uint32_t, std::uint32_t>> read_range(const YamlNode& node) {
  const auto ends = split(node.scalar, '-');
  const auto least = parse_whole_number(ends.front(), 100'000);
  const auto most = parse_whole_number(ends.back(), 100'000);
  if (ends.size() > 2 || !least || !most) return refuse(node, "a number of nodes, as in 4 or 2-4");
  return std::pair(static_cast<std::uint32_t>(*least), static_cast<std::uint32_t>(*most));
}

// "8", "h100:8", or "none"; as Slurm prints it.
Result<std::string> read_gpus(const YamlNode& node) {
  if (node.scalar == "none") return std::string();
  if (node.scalar.empty()) return refuse(node, "a number of GPUs, as in 8, h100:8, none");
  return "gres/gpu:" + node.scalar;
}

Result<std::vector<std::string>> read_partitions(const YamlNode& node) {
  std::vector<std::string> names;
  for (const auto name : split(node.scalar, ','))
    names.emplace_back(name);
  return names;
}

Result<std::optional<std::chrono::minutes>> read_limit(const YamlNode& node) {
  if (node.scalar == "unlimited") return std::optional<std::chrono::minutes>();
  const auto limit = read_delay(node);
  if (!limit) return limit.error();
  return std::optional(std::chrono::duration_cast<std::chrono::minutes>(*limit));
}

Result<JobState> read_job_state(const YamlNode& node) {
  if (node.scalar == "pending") return JobState::kPending;
  if (node.scalar == "configuring") return JobState::kConfiguring;
  if (node.scalar == "running") return JobState::kRunning;
  if (node.scalar == "ended") return JobState::kOther;
  return refuse(node, "pending, configuring, running or ended");
}

void read_gpu_request(Section& section, Job& job) {
  bool says_gpus = false;
  for (const auto& [key, field] : {std::pair("gpus-per-node", &Job::tres_per_node),
                                   std::pair("gpus", &Job::tres_per_job),
                                   std::pair("gpus-per-task", &Job::tres_per_task),
                                   std::pair("gpus-per-socket", &Job::tres_per_socket)}) {
    says_gpus = says_gpus || section.has(key);
    section.optional(key, job.*field, read_gpus);
  }
  says_gpus = says_gpus || section.has("gres");
  section.optional("gres", job.tres_per_node, read_any_text);
  if (!says_gpus) job.tres_per_node = "gres/gpu:8";
}

void read_size(Section& section, Job& job) {
  std::pair<std::uint32_t, std::uint32_t> nodes{1, 0};
  section.optional("nodes", nodes, read_range);
  job.nodes_min = nodes.first;
  job.nodes_max = nodes.second;
  section.optional("tasks", job.tasks, read_number);
  job.cpus_min = std::max(job.nodes_min, job.tasks);
  section.optional("cpus", job.cpus_min, read_number);
  section.optional("mincpus", job.cpus_per_node_min, read_number);
  section.optional("memory", job.memory_per_node_mib, read_memory_mib);
  section.optional("memory-per-gpu", job.memory_per_gpu_mib, read_memory_mib);
  section.optional("cpus-per-gpu", job.cpus_per_gpu, read_number);
  section.optional("memory-per-cpu", job.memory_per_cpu_mib, read_memory_mib);
  section.optional("limit", job.time_limit, read_limit);
  section.optional("array", job.array_tasks, read_number);
  section.optional("at-a-time", job.array_limit, read_number);
  job.array_id = job.array_tasks > 0 ? job.id : 0;
}

void read_times(Section& section, Job& job, TimePoint now) {
  seconds waiting = std::chrono::hours(1);
  section.optional("waiting", waiting, read_delay);
  job.submitted_at = now - waiting;
  std::optional<seconds> past;
  std::optional<seconds> to_come;
  section.optional("eligible", past, read_delay);
  section.optional("eligible-in", to_come, read_delay);
  job.eligible_at = to_come ? now + *to_come : now - past.value_or(waiting);
  std::optional<seconds> starts_in;
  std::optional<seconds> estimate_ago;
  section.optional("starts-in", starts_in, read_delay);
  section.optional("start-was-due", estimate_ago, read_delay);
  if (starts_in) job.expected_start = now + *starts_in;
  if (estimate_ago) job.expected_start = now - *estimate_ago;
}

}  // namespace

void read_job(Section& section, SmallWorld& world) {
  Job job;
  job.state = JobState::kPending;
  job.state_reason = "Resources";
  job.partitions = {"gpu"};
  job.priority = 100;
  job.time_limit = std::chrono::minutes(60);
  section.required("id", job.id, read_number);
  section.optional("state", job.state, read_job_state);
  section.optional("on", job.nodes, read_any_text);
  section.optional("reason", job.state_reason, read_any_text);
  section.optional("priority", job.priority, read_number);
  section.optional("partition", job.partitions, read_partitions);
  section.optional("account", job.account, read_name);
  section.optional("qos", job.qos, read_name);
  section.optional("het", job.het_id, read_number);
  section.optional("constraint", job.features, read_any_text);
  section.optional("nodelist", job.required_nodes, read_any_text);
  section.optional("exclude", job.excluded_nodes, read_any_text);
  section.optional("reservation", job.reservation, read_any_text);
  section.optional("switches", job.switches, read_any_text);
  section.optional("other-demands", job.other_demands, read_phrases);
  section.optional("exclusive", job.exclusive, read_flag);
  section.optional("comment", job.admin_comment, read_any_text);
  read_gpu_request(section, job);
  read_size(section, job);
  read_times(section, job, world.now);
  if (!world.slurm.jobs.emplace(job.id, job).second) section.add("id", "another job has it");
}

}  // namespace spillway
