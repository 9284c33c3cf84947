// SPDX-License-Identifier: GPL-2.0-or-later
//
// A slurmctld made of arithmetic, on a clock that is handed in: jobs that wait, are allocated whole
// nodes and run; nodes that are powered up and down by the tables of sim/slurm_power.h; a scheduler
// that honours the decisions file as plugin/ does. It calls no program: what it would call is
// taken from it and handed to whoever plays spillway-resume and spillway-suspend.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/books.h"
#include "core/world.h"
#include "lib/time.h"
#include "sim/slurm_power.h"

namespace spillway {

struct SimSlurmSettings {
  std::chrono::seconds resume_timeout{2100};
  std::chrono::seconds suspend_time{600};
  std::chrono::seconds suspend_timeout{300};
  std::chrono::seconds slurmd_timeout{300};
  std::chrono::seconds requeue_delay{120};
  int resume_rate = 0;               // nodes a round; 0: all
  bool takes_source_address = true;  // NodeAddr from the registration: 23.11 and later
  bool writes_resume_file = true;    // not without JSON-C
};

struct SimSlurmNode {
  Node node;  // name, cloud, features, gres, cpus, memory; all else is Slurm's to say
  SimNodeState state = SimNodeState::kOff;
  std::uint32_t job = 0;           // that has it; 0: none
  TimePoint since;                 // of the state
  TimePoint powered_up_at;         // boot_req_time
  std::optional<TimePoint> busy;   // last_busy
  std::string slurmd;              // that registered last; empty: none since it was powered down
  std::optional<TimePoint> quiet;  // since when that slurmd has been dead
};

struct SimSlurmJob {
  Job job;
  std::chrono::milliseconds runs_for{0};
  std::optional<TimePoint> started_at;  // while it runs
  std::vector<std::string> nodes;       // that it has
  int starts = 0;
  bool done = false;
  bool cancelled = false;

  [[nodiscard]] bool is_over() const { return done || cancelled; }
};

// A call of a power-save program.
struct SimPowerCall {
  RequestKind kind = RequestKind::kResume;
  std::string nodes;
  std::string resume_file;
};

enum class SimRegistration {
  kAccepted,
  kWaiting,  // the node is powering up, and this slurmd is older than that
  kUnknown,  // slurm.conf has no such node
};

class SimSlurm {
 public:
  // `clock` must outlive it. A clock that goes back makes time-outs late.
  SimSlurm(SimSlurmSettings settings, const Clock& clock) : settings_(settings), clock_(clock) {}

  void add_partition(const std::string& name) { partitions_[name].name = name; }
  // slurm.conf has it from now on: a cloud node is powered down, a local one idle. In partitions.
  void add_node(const Node& node, const std::vector<std::string>& partitions);
  // slurm.conf has it no longer. Its job is requeued.
  void remove_node(const std::string& name);

  // Users and admins.
  void submit(Job job, std::chrono::milliseconds runs_for);
  void cancel(std::uint32_t job);
  void set_drain(const std::string& node, const std::string& reason);
  void set_down(const std::string& node, const std::string& reason);
  void set_power_up(const std::string& node) { happen(node, SimNodeEvent::kSetPowerUp); }
  void set_power_down(const std::string& node) { happen(node, SimNodeEvent::kSetPowerDown); }
  void set_resume(const std::string& node);

  // slurmd, known by the machine it runs on.
  SimRegistration register_slurmd(const std::string& node,
                                  const std::string& slurmd,
                                  const std::string& address,
                                  TimePoint booted_at);
  void lose_slurmd(const std::string& slurmd);

  // The broker, as cluster/slurm.h has it.
  [[nodiscard]] SlurmView observe() const;
  void set_address(const std::string& node, const std::string& address);
  void down_and_power_down(const std::string& node, const std::string& reason);
  void keep_idle(const std::string& node);
  void set_admin_comment(std::uint32_t job, const std::string& comment);

  // The plugin: the decisions file has this text from now on.
  void read_decisions(const std::string& text);

  // A round of its threads: time-outs, power saving, scheduling, ends of jobs.
  void pass();
  void restart();
  [[nodiscard]] std::vector<SimPowerCall> take_calls();
  // Jobs that started since the last time.
  [[nodiscard]] std::vector<std::uint32_t> take_starts();

  [[nodiscard]] const SimSlurmNode* find_node(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, SimSlurmNode>& nodes() const { return nodes_; }
  [[nodiscard]] const std::map<std::uint32_t, SimSlurmJob>& jobs() const { return jobs_; }

 private:
  struct Permitted {
    std::optional<TimePoint> until;  // nothing: no good file was ever seen
    std::map<std::uint32_t, std::vector<std::vector<std::string>>> sets;
  };

  bool happen(const std::string& node, SimNodeEvent event);
  bool happen(SimSlurmNode& node, SimNodeEvent event);
  void call(SimNodeEffect program, const SimSlurmNode& node);
  void note(const std::string& name, const std::string& reason);
  void requeue(SimSlurmJob& job);
  void take_nodes_from(SimSlurmJob& job);
  void keep_time_outs();
  void power_round();
  void end_jobs();
  void schedule();
  void start_ready_jobs();
  [[nodiscard]] bool fits(const SimSlurmJob& job, const SimSlurmNode& node) const;
  [[nodiscard]] std::vector<std::string> choose_local(const SimSlurmJob& job) const;
  [[nodiscard]] std::vector<std::string> choose_cloud(const SimSlurmJob& job) const;
  void allocate(SimSlurmJob& job, const std::vector<std::string>& names);
  [[nodiscard]] std::string resume_file(const std::vector<std::string>& nodes) const;

  SimSlurmSettings settings_;
  const Clock& clock_;
  std::map<std::string, SimSlurmNode> nodes_;
  std::map<std::string, Partition> partitions_;
  std::map<std::uint32_t, SimSlurmJob> jobs_;
  Permitted permitted_;
  std::map<RequestKind, std::vector<std::string>> to_call_;  // of this moment, not yet a call
  std::vector<SimPowerCall> calls_;
  std::vector<std::uint32_t> starts_;
};

}  // namespace spillway
