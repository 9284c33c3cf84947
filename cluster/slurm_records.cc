// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/slurm_records.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "cluster/slurm_conf.h"
#include "lib/text.h"

// Exported by libslurm and used by squeue, but in no public header.
extern "C" {
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 5, 0)
extern const char* slurm_job_state_reason_string(enum job_state_reason reason);
#else
extern const char* slurm_job_reason_string(enum job_state_reason reason);
#endif
}

namespace spillway {
namespace {

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

// Slurm's "not set" and "infinite" are the two highest numbers of each type.
std::uint32_t set_or(std::uint32_t value, std::uint32_t absent) {
  return value >= NO_VAL ? absent : value;
}

std::optional<TimePoint> time_of(std::time_t time) {
  if (time <= 0 || time >= static_cast<std::time_t>(NO_VAL)) return std::nullopt;
  return from_unix_seconds(time);
}

const char* reason_of(const slurm_job_info_t& job) {
  const auto reason = static_cast<enum job_state_reason>(job.state_reason);
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 5, 0)
  return slurm_job_state_reason_string(reason);
#else
  return slurm_job_reason_string(reason);
#endif
}

bool is_exclusive(const slurm_job_info_t& job) {
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
  return job.exclusive == JOB_EXCLUSIVE_NODE;
#else
  return job.shared == JOB_SHARED_NONE;
#endif
}

JobState state_of(const slurm_job_info_t& job) {
  const auto base = job.job_state & JOB_STATE_BASE;
  if (base == JOB_PENDING) return JobState::kPending;
  if (base != JOB_RUNNING) return JobState::kOther;
  return (job.job_state & JOB_CONFIGURING) != 0 ? JobState::kConfiguring : JobState::kRunning;
}

std::vector<std::string> list_of(const char* text) {
  std::vector<std::string> list;
  if (text == nullptr) return list;
  for (const auto part : split(text, ',')) {
    if (!part.empty()) list.emplace_back(part);
  }
  return list;
}

void fill_memory(const slurm_job_info_t& info, Job& job) {
  if (info.pn_min_memory >= NO_VAL64) return;
  const std::uint64_t amount = info.pn_min_memory & ~MEM_PER_CPU;
  ((info.pn_min_memory & MEM_PER_CPU) != 0 ? job.memory_per_cpu_mib : job.memory_per_node_mib) =
      amount;
}

// "gres:gpu:4096" or "gres/gpu:4096", as the options per GPU are kept; 0 when there is nothing,
// nothing for what is not understood.
std::optional<std::uint32_t> per_gpu(const char* text) {
  const auto value = text_of(text);
  if (value.empty()) return 0;
  for (const std::string_view prefix : {"gres:gpu:", "gres/gpu:"}) {
    if (!value.starts_with(prefix)) continue;
    const auto number = parse_whole_number(std::string_view(value).substr(prefix.size()), NO_VAL);
    if (number) return static_cast<std::uint32_t>(*number);
  }
  return std::nullopt;
}

// What is asked of the nodes and told by no other member, as the options that ask for it.
std::vector<std::string> other_demands_of(const slurm_job_info_t& info) {
  const auto is_set = [](std::uint32_t value) { return value > 0 && value < NO_VAL16; };
  std::vector<std::string> demands;
  if (info.contiguous != 0) demands.emplace_back("--contiguous");
  if (set_or(info.pn_min_tmp_disk, 0) > 0) demands.emplace_back("--tmp");
  if (is_set(info.sockets_per_node)) demands.emplace_back("--sockets-per-node");
  if (is_set(info.cores_per_socket)) demands.emplace_back("--cores-per-socket");
  if (!per_gpu(info.mem_per_tres)) demands.emplace_back("--mem-per-gpu");
  if (!per_gpu(info.cpus_per_tres)) demands.emplace_back("--cpus-per-gpu");
  return demands;
}

void fill_size(const slurm_job_info_t& info, Job& job) {
  // Of a range (-N 2-3) slurmctld tells its own guess at what the job will take, not the least.
  job.nodes_min = set_or(info.num_nodes, 1);
  job.nodes_max = set_or(info.max_nodes, 0);
  job.cpus_min = set_or(info.num_cpus, 1);
  job.cpus_per_node_min = info.pn_min_cpus >= NO_VAL16 ? 1 : info.pn_min_cpus;
  job.tasks = set_or(info.num_tasks, 0);
  job.cpus_per_task = info.cpus_per_task >= NO_VAL16 ? 1 : info.cpus_per_task;
  fill_memory(info, job);
  job.memory_per_gpu_mib = per_gpu(info.mem_per_tres).value_or(0);
  job.cpus_per_gpu = per_gpu(info.cpus_per_tres).value_or(0);
  job.tres_per_job = text_of(info.tres_per_job);
  job.tres_per_node = text_of(info.tres_per_node);
  job.tres_per_socket = text_of(info.tres_per_socket);
  job.tres_per_task = text_of(info.tres_per_task);
  job.features = text_of(info.features);
  job.required_nodes = text_of(info.req_nodes);
  job.excluded_nodes = text_of(info.exc_nodes);
  job.reservation = text_of(info.resv_name);
  job.dependency = text_of(info.dependency);
  if (set_or(info.req_switch, 0) > 0) job.switches = std::to_string(info.req_switch);
  job.other_demands = other_demands_of(info);
  job.exclusive = is_exclusive(info);
  if (info.time_limit < NO_VAL) job.time_limit = std::chrono::minutes(info.time_limit);
}

Job make_job(const slurm_job_info_t& info, UserNames& users) {
  Job job;
  job.id = info.job_id;
  job.array_id = info.array_job_id;
  job.array_limit = set_or(info.array_max_tasks, 0);
  job.het_id = info.het_job_id;
  job.state = state_of(info);
  if (info.array_task_str != nullptr && job.state == JobState::kPending) {
    job.array_tasks = count_array_tasks(info.array_task_str);
  }
  job.state_reason = text_of(reason_of(info));
  job.name = text_of(info.name);
  job.user = info.user_name != nullptr ? info.user_name : users.name_of(info.user_id);
  job.account = text_of(info.account);
  job.qos = text_of(info.qos);
  job.partitions = list_of(info.partition);
  job.priority = info.priority;
  job.submitted_at = from_unix_seconds(info.submit_time);
  job.eligible_at = time_of(info.eligible_time);
  if (job.state == JobState::kPending) {
    job.expected_start = time_of(info.start_time);
  } else {
    job.nodes = text_of(info.nodes);
    job.started_at = time_of(info.start_time);
  }
  fill_size(info, job);
  job.admin_comment = text_of(info.admin_comment);
  return job;
}

NodeBase base_of(std::uint32_t state) {
  switch (state & NODE_STATE_BASE) {
    case NODE_STATE_IDLE:
      return NodeBase::kIdle;
    case NODE_STATE_ALLOCATED:
      return NodeBase::kAllocated;
    case NODE_STATE_MIXED:
      return NodeBase::kMixed;
    case NODE_STATE_DOWN:
      return NodeBase::kDown;
    case NODE_STATE_ERROR:
      return NodeBase::kError;
    default:
      return NodeBase::kOther;
  }
}

void fill_flags(std::uint32_t state, Node& node) {
  const auto has = [state](std::uint32_t flags) { return (state & flags) != 0; };
  node.cloud = has(NODE_STATE_CLOUD);
  node.powered_down = has(NODE_STATE_POWERED_DOWN);
  node.powering_up = has(NODE_STATE_POWERING_UP);
  node.powering_down = has(NODE_STATE_POWERING_DOWN);
  node.power_down_asked = has(NODE_STATE_POWER_DOWN | NODE_STATE_POWER_DRAIN);
  node.draining = has(NODE_STATE_DRAIN | NODE_STATE_FAIL);
  node.completing = has(NODE_STATE_COMPLETING);
  node.not_responding = has(NODE_STATE_NO_RESPOND);
  node.reserved = has(NODE_STATE_RES);
  node.maintenance = has(NODE_STATE_MAINT);
  node.invalid = has(NODE_STATE_INVALID_REG);
}

Node make_node(const node_info_t& info) {
  Node node;
  node.name = info.name;
  node.base = base_of(info.node_state);
  fill_flags(info.node_state, node);
  node.address = text_of(info.node_addr);
  node.hostname = text_of(info.node_hostname);
  node.reason = text_of(info.reason);
  node.gres = text_of(info.gres);
  node.cpus = info.cpus;
  node.memory_mib = info.real_memory;
  node.features = text_of(info.features);
  node.last_busy = time_of(info.last_busy);
  node.boot_time = time_of(info.boot_time);
  node.registered_at = time_of(info.slurmd_start_time);
  return node;
}

std::uint32_t count_range(std::string_view range) {
  constexpr std::int64_t kHighest = 10'000'000;
  std::int64_t step = 1;
  if (const auto colon = range.find(':'); colon != std::string_view::npos) {
    step = parse_whole_number(range.substr(colon + 1), kHighest).value_or(0);
    range = range.substr(0, colon);
  }
  const auto ends = split(range, '-');
  const auto first = parse_whole_number(ends.front(), kHighest);
  const auto last = parse_whole_number(ends.back(), kHighest);
  if (ends.size() > 2 || !first || !last || *last < *first || step < 1) return 0;
  return static_cast<std::uint32_t>((*last - *first) / step + 1);
}

}  // namespace

const std::string& UserNames::name_of(uid_t user) {
  const auto known = names_.find(user);
  if (known != names_.end()) return known->second;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  const bool named =
      getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return names_.emplace(user, named ? found->pw_name : std::to_string(user)).first->second;
}

std::uint32_t count_array_tasks(std::string_view tasks) {
  tasks = tasks.substr(0, tasks.find('%'));
  std::uint32_t count = 0;
  for (const auto range : split(tasks, ','))
    count += count_range(range);
  return count;
}

std::map<std::uint32_t, Job> make_jobs(const job_info_msg_t& message, UserNames& users) {
  std::map<std::uint32_t, Job> jobs;
  for (std::uint32_t i = 0; i < message.record_count; ++i) {
    auto job = make_job(message.job_array[i], users);
    const auto id = job.id;
    jobs.emplace(id, std::move(job));
  }
  return jobs;
}

std::map<std::string, Node> make_nodes(const node_info_msg_t& message) {
  std::map<std::string, Node> nodes;
  for (std::uint32_t i = 0; i < message.record_count; ++i) {
    const auto& info = message.node_array[i];
    if (info.name == nullptr || *info.name == '\0') continue;  // hidden, or removed
    nodes.emplace(info.name, make_node(info));
  }
  return nodes;
}

Result<std::map<std::string, Partition>> make_partitions(const partition_info_msg_t& message) {
  std::map<std::string, Partition> partitions;
  for (std::uint32_t i = 0; i < message.record_count; ++i) {
    const auto& info = message.partition_array[i];
    if (info.name == nullptr) continue;
    Partition partition;
    partition.name = info.name;
    partition.up = info.state_up == PARTITION_UP;
    if (info.nodes != nullptr && *info.nodes != '\0') {
      auto nodes = expand_node_names(info.nodes);
      if (!nodes) {
        return Error{
            ErrorCode::kProtocol, "partition " + partition.name + ": " + nodes.error().message, {}};
      }
      partition.nodes = *std::move(nodes);
    }
    partitions.emplace(partition.name, std::move(partition));
  }
  return partitions;
}

Controllers make_controllers(const slurm_conf_t& conf) {
  Controllers controllers;
  controllers.version = text_of(conf.version);
  controllers.port = static_cast<int>(conf.slurmctld_port);
  for (std::uint32_t i = 0; i < conf.control_cnt; ++i) {
    const auto name = text_of(conf.control_machine[i]);
    const auto address = text_of(conf.control_addr[i]);
    controllers.hosts.push_back({name, address.empty() ? name : address});
  }
  return controllers;
}

}  // namespace spillway
