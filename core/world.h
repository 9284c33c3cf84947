// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was observed of Slurm, as values: jobs, nodes, partitions. Filled by cluster/, read by the
// decisions.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/time.h"

namespace spillway {

enum class JobState { kPending, kConfiguring, kRunning, kOther };

// A job record as Slurm tells it; an array's pending tasks are one record.
struct Job {
  std::uint32_t id = 0;
  std::uint32_t array_id = 0;     // 0: no array
  std::uint32_t array_tasks = 0;  // pending tasks this record stands for; 0: no array
  std::uint32_t array_limit = 0;  // of them at a time (--array=0-9%4); 0: any number
  std::uint32_t het_id = 0;       // 0: no heterogeneous job
  JobState state = JobState::kOther;
  std::string state_reason;  // "Resources", "Priority", "Dependency", ...
  std::string name;
  std::string user;
  std::string account;
  std::string qos;
  std::vector<std::string> partitions;  // as asked, in order
  std::uint32_t priority = 0;           // 0: held
  TimePoint submitted_at;
  std::optional<TimePoint> eligible_at;
  std::optional<TimePoint> expected_start;  // Slurm's estimate, while it waits
  std::optional<TimePoint> started_at;      // with its nodes allocated, booted or not
  std::uint32_t nodes_min = 1;
  std::uint32_t nodes_max = 0;  // 0: the job does not say
  std::uint32_t cpus_min = 1;   // of the whole job
  std::uint32_t cpus_per_node_min = 1;
  std::uint32_t tasks = 0;
  std::uint32_t cpus_per_task = 1;
  std::uint64_t memory_per_node_mib = 0;  // 0: none asked
  std::uint64_t memory_per_cpu_mib = 0;
  std::uint64_t memory_per_gpu_mib = 0;
  std::uint32_t cpus_per_gpu = 0;
  std::string tres_per_job;  // "gres/gpu:h100:8" or "gres:gpu:h100:8", as Slurm prints
  std::string tres_per_node;
  std::string tres_per_socket;
  std::string tres_per_task;
  std::string features;        // -C
  std::string required_nodes;  // -w
  std::string excluded_nodes;  // -x
  std::string reservation;
  std::string dependency;
  std::string switches;                    // --switches, empty when none
  std::vector<std::string> other_demands;  // on its nodes, by option alone: "--contiguous"
  bool exclusive = false;
  std::optional<std::chrono::minutes> time_limit;  // nothing: unlimited
  std::string nodes;                               // allocated, while configuring or running
  std::string admin_comment;
};

enum class NodeBase { kIdle, kAllocated, kMixed, kDown, kError, kOther };

struct Node {
  std::string name;
  NodeBase base = NodeBase::kOther;
  bool cloud = false;
  bool powered_down = false;
  bool powering_up = false;
  bool powering_down = false;
  bool power_down_asked = false;
  bool draining = false;  // DRAIN
  bool completing = false;
  bool not_responding = false;
  bool reserved = false;
  bool maintenance = false;
  bool invalid = false;  // INVALID_REG: registered with less than slurm.conf promises
  std::string address;   // NodeAddr
  std::string hostname;  // NodeHostName
  std::string reason;
  std::string gres;  // "gpu:h100:8(S:0)"
  std::uint32_t cpus = 0;
  std::uint64_t memory_mib = 0;
  std::string features;
  std::optional<TimePoint> last_busy;  // idle since then
  std::optional<TimePoint> boot_time;
  std::optional<TimePoint> registered_at;  // slurmd's start time, when it ever registered
};

struct Partition {
  std::string name;
  std::vector<std::string> nodes;
  bool up = true;
};

struct SlurmctldHost {
  std::string name;
  std::string address;  // the name again, unless slurm.conf says otherwise
};

// Where slurmctld runs: the primary one first.
struct Controllers {
  std::string version;  // "24.11.5"; empty when it is not known
  std::vector<SlurmctldHost> hosts;
  int port = 6817;
};

// One reading of Slurm. Absent from the world when slurmctld does not answer: then nothing is
// concluded.
struct SlurmView {
  TimePoint at;
  std::map<std::uint32_t, Job> jobs;
  std::map<std::string, Node> nodes;
  std::map<std::string, Partition> partitions;
  Controllers controllers;
};

}  // namespace spillway
