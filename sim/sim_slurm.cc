// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/sim_slurm.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/decisions.h"
#include "core/hostlist.h"

namespace spillway {
namespace {

bool has(unsigned effects, SimNodeEffect effect) {
  return (effects & effect) != 0;
}

void append_reason(std::string& reason, const std::string& more) {
  if (reason.find(more) != std::string::npos) return;
  reason += (reason.empty() ? "" : " : ") + more;
}

}  // namespace

void SimSlurm::add_node(const Node& node, const std::vector<std::string>& partitions) {
  SimSlurmNode& added = nodes_[node.name];
  added.node = node;
  added.node.address = added.node.hostname = node.name;
  added.state = node.cloud ? SimNodeState::kOff : SimNodeState::kIdle;
  added.since = clock_.now();
  for (const auto& name : partitions) {
    auto& members = partitions_[name].nodes;
    if (std::find(members.begin(), members.end(), node.name) == members.end())
      members.push_back(node.name);
  }
}

void SimSlurm::remove_node(const std::string& name) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  if (const auto job = jobs_.find(found->second.job); job != jobs_.end()) requeue(job->second);
  nodes_.erase(found);
  for (auto& [partition, facts] : partitions_)
    std::erase(facts.nodes, name);
}

void SimSlurm::submit(Job job, std::chrono::milliseconds runs_for) {
  job.state = JobState::kPending;
  job.state_reason = "Resources";
  job.submitted_at = clock_.now();
  job.eligible_at = clock_.now();
  const auto id = job.id;
  auto& added = jobs_[id];
  added.job = std::move(job);
  added.runs_for = runs_for;
}

void SimSlurm::cancel(std::uint32_t id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second.is_over()) return;
  take_nodes_from(found->second);
  found->second.job.state = JobState::kOther;
  found->second.cancelled = true;
}

void SimSlurm::set_drain(const std::string& name, const std::string& reason) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  found->second.node.draining = true;
  found->second.node.reason = reason;
  happen(found->second, SimNodeEvent::kSetDrain);
}

void SimSlurm::set_down(const std::string& name, const std::string& reason) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  found->second.node.reason = reason;
  happen(found->second, SimNodeEvent::kSetDown);
}

void SimSlurm::set_resume(const std::string& name) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  found->second.node.draining = false;
  happen(found->second, SimNodeEvent::kSetResume);
  if (facts_of(found->second.state).base != NodeBase::kDown) found->second.node.reason.clear();
}

SimRegistration SimSlurm::register_slurmd(const std::string& name,
                                          const std::string& slurmd,
                                          const std::string& address,
                                          TimePoint booted_at) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return SimRegistration::kUnknown;
  SimSlurmNode& node = found->second;
  if (facts_of(node.state).powering_up && booted_at < node.powered_up_at)
    return SimRegistration::kWaiting;
  node.slurmd = slurmd;
  node.quiet.reset();
  if (settings_.takes_source_address) node.node.address = address;
  node.node.boot_time = booted_at;
  node.node.registered_at = clock_.now();
  happen(node, SimNodeEvent::kRegister);
  if (!node.node.draining) node.node.reason.clear();
  return SimRegistration::kAccepted;
}

void SimSlurm::lose_slurmd(const std::string& slurmd) {
  for (auto& [name, node] : nodes_) {
    if (node.slurmd == slurmd && !node.quiet) node.quiet = clock_.now();
  }
}

SlurmView SimSlurm::observe() const {
  SlurmView view;
  view.at = clock_.now();
  for (const auto& [name, simulated] : nodes_) {
    const auto& facts = facts_of(simulated.state);
    Node node = simulated.node;
    node.base = facts.base;
    node.powered_down = facts.powered_down;
    node.powering_up = facts.powering_up;
    node.powering_down = facts.powering_down;
    node.not_responding = facts.powering_up || simulated.quiet.has_value();
    node.last_busy = simulated.busy;
    view.nodes.emplace_hint(view.nodes.end(), name, std::move(node));
  }
  for (const auto& [id, simulated] : jobs_) {
    if (simulated.is_over()) continue;
    Job job = simulated.job;
    job.nodes = format_hostlist(simulated.nodes);
    view.jobs.emplace_hint(view.jobs.end(), id, std::move(job));
  }
  view.partitions = partitions_;
  return view;
}

void SimSlurm::set_address(const std::string& name, const std::string& address) {
  if (const auto found = nodes_.find(name); found != nodes_.end())
    found->second.node.address = address;
}

void SimSlurm::down_and_power_down(const std::string& name, const std::string& reason) {
  set_down(name, reason);
  set_power_down(name);
}

void SimSlurm::keep_idle(const std::string& name) {
  const auto found = nodes_.find(name);
  if (found != nodes_.end() && found->second.state == SimNodeState::kIdle)
    found->second.busy = clock_.now();
}

void SimSlurm::set_admin_comment(std::uint32_t id, const std::string& comment) {
  if (const auto job = jobs_.find(id); job != jobs_.end()) job->second.job.admin_comment = comment;
}

void SimSlurm::read_decisions(const std::string& text) {
  const auto decisions = parse_decisions(text);
  if (!decisions) return;  // the last good one stays in force, until its time is over
  permitted_ = Permitted{};
  permitted_.until = from_unix_seconds(decisions->written + decisions->valid_for);
  std::map<std::string, std::vector<std::string>> sets;
  for (const auto& set : decisions->sets) {
    if (auto nodes = parse_hostlist(set.nodes)) sets[set.name] = *std::move(nodes);
  }
  for (const auto& job : decisions->jobs) {
    for (const auto& name : job.sets)
      permitted_.sets[job.id].push_back(sets[name]);
  }
}

void SimSlurm::pass() {
  keep_time_outs();
  end_jobs();
  schedule();
  power_round();
  start_ready_jobs();
}

void SimSlurm::restart() {
  for (auto& [name, node] : nodes_)
    happen(node, SimNodeEvent::kRestart);
}

std::vector<SimPowerCall> SimSlurm::take_calls() {
  for (auto& [kind, nodes] : to_call_) {
    SimPowerCall call{kind, format_hostlist(nodes), ""};
    if (kind == RequestKind::kResume && settings_.writes_resume_file)
      call.resume_file = resume_file(nodes);
    calls_.push_back(std::move(call));
  }
  to_call_.clear();
  return std::exchange(calls_, {});
}

std::vector<std::uint32_t> SimSlurm::take_starts() {
  return std::exchange(starts_, {});
}

const SimSlurmNode* SimSlurm::find_node(const std::string& name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

bool SimSlurm::happen(const std::string& name, SimNodeEvent event) {
  const auto found = nodes_.find(name);
  return found != nodes_.end() && happen(found->second, event);
}

// What slurmctld does on the way is done in the order of power_save.c: the node first.
bool SimSlurm::happen(SimSlurmNode& node, SimNodeEvent event) {
  const auto step = find_step(node.state, event);
  if (!step) return false;
  const auto now = clock_.now();
  if (step->to != node.state) node.since = now;
  node.state = step->to;
  const auto effects = step->effects;
  if (has(effects, kStartsIdleClock)) node.busy = now;
  if (has(effects, kStopsIdleClock)) node.busy.reset();
  if (has(effects, kAsksPowerDown)) node.node.power_down_asked = true;
  if (has(effects, kForgetsPowerDown)) node.node.power_down_asked = false;
  if (has(effects, kResetsAddress)) node.node.address = node.node.name;
  if (facts_of(node.state).powered_down) {
    node.slurmd.clear();
    node.quiet.reset();
  }
  if (event == SimNodeEvent::kResumeTimeout) {
    node.node.draining = false;
    append_reason(node.node.reason, "ResumeTimeout reached");
  }
  if (event == SimNodeEvent::kSilent) append_reason(node.node.reason, "Not responding");
  for (const auto program : {kCallsResume, kCallsSuspend, kCallsResumeFail}) {
    if (has(effects, program)) call(program, node);
  }
  if (has(effects, kCallsResume)) node.powered_up_at = now;
  if (has(effects, kRequeues)) {
    if (const auto job = jobs_.find(node.job); job != jobs_.end()) requeue(job->second);
  }
  return true;
}

void SimSlurm::call(SimNodeEffect program, const SimSlurmNode& node) {
  if (!node.node.cloud) return;
  const auto kind = program == kCallsResume    ? RequestKind::kResume
                    : program == kCallsSuspend ? RequestKind::kSuspend
                                               : RequestKind::kResumeFail;
  to_call_[kind].push_back(node.node.name);
}

void SimSlurm::requeue(SimSlurmJob& job) {
  take_nodes_from(job);
  job.job.state = JobState::kPending;
  job.job.eligible_at = clock_.now() + settings_.requeue_delay;
}

void SimSlurm::take_nodes_from(SimSlurmJob& job) {
  for (const auto& name : std::exchange(job.nodes, {})) {
    SimSlurmNode& node = nodes_.at(name);
    node.job = 0;
    happen(node, SimNodeEvent::kLeave);
  }
  job.started_at.reset();
}

void SimSlurm::keep_time_outs() {
  const auto now = clock_.now();
  for (auto& [name, node] : nodes_) {
    if (node.quiet && now >= *node.quiet + settings_.slurmd_timeout)
      happen(node, SimNodeEvent::kSilent);
    if (!node.node.cloud) continue;
    const auto& facts = facts_of(node.state);
    if (facts.powering_up && now >= node.powered_up_at + settings_.resume_timeout)
      happen(node, SimNodeEvent::kResumeTimeout);
    if (facts.powering_down && now >= node.since + settings_.suspend_timeout)
      happen(node, SimNodeEvent::kSuspendTimeout);
    const bool idles = node.busy && now >= *node.busy + settings_.suspend_time;
    if (idles || node.node.power_down_asked) happen(node, SimNodeEvent::kSuspendTime);
  }
}

void SimSlurm::power_round() {
  int powered_up = 0;
  for (auto& [name, node] : nodes_) {
    if (settings_.resume_rate > 0 && powered_up == settings_.resume_rate) return;
    if (happen(node, SimNodeEvent::kRound)) ++powered_up;
  }
}

void SimSlurm::end_jobs() {
  for (auto& [id, job] : jobs_) {
    if (!job.started_at || clock_.now() < *job.started_at + job.runs_for) continue;
    take_nodes_from(job);
    job.job.state = JobState::kOther;
    job.done = true;
  }
}

void SimSlurm::schedule() {
  std::vector<SimSlurmJob*> queue;
  for (auto& [id, job] : jobs_) {
    if (job.job.state == JobState::kPending && !job.is_over()) queue.push_back(&job);
  }
  std::stable_sort(queue.begin(), queue.end(), [](const auto* a, const auto* b) {
    return a->job.priority > b->job.priority;
  });
  for (auto* job : queue) {
    const bool is_eligible = *job->job.eligible_at <= clock_.now();
    job->job.state_reason = is_eligible ? "Resources" : "BeginTime";
    if (!is_eligible) continue;
    auto names = choose_local(*job);
    if (names.empty()) names = choose_cloud(*job);
    if (!names.empty()) allocate(*job, names);
  }
}

bool SimSlurm::fits(const SimSlurmJob& job, const SimSlurmNode& node) const {
  const bool is_free = node.state == SimNodeState::kIdle || node.state == SimNodeState::kOff;
  if (!is_free || node.node.draining || node.node.power_down_asked || node.quiet) return false;
  return job.job.features.empty() || node.node.features.find(job.job.features) != std::string::npos;
}

std::vector<std::string> SimSlurm::choose_local(const SimSlurmJob& job) const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes_) {
    if (names.size() == job.job.nodes_min) break;
    if (!node.node.cloud && fits(job, node)) names.push_back(name);
  }
  return names.size() == job.job.nodes_min ? names : std::vector<std::string>();
}

std::vector<std::string> SimSlurm::choose_cloud(const SimSlurmJob& job) const {
  const auto permitted = permitted_.sets.find(job.job.id);
  if (permitted == permitted_.sets.end() || clock_.now() > *permitted_.until) return {};
  for (const auto& set : permitted->second) {
    std::vector<std::string> names;
    for (const auto& name : set) {
      const auto* node = find_node(name);
      if (names.size() < job.job.nodes_min && node != nullptr && fits(job, *node))
        names.push_back(name);
    }
    if (names.size() == job.job.nodes_min) return names;
  }
  return {};
}

void SimSlurm::allocate(SimSlurmJob& job, const std::vector<std::string>& names) {
  job.nodes = names;
  job.job.state = JobState::kConfiguring;
  for (const auto& name : names) {
    SimSlurmNode& node = nodes_.at(name);
    node.job = job.job.id;
    happen(node, SimNodeEvent::kAllocate);
  }
}

void SimSlurm::start_ready_jobs() {
  for (auto& [id, job] : jobs_) {
    if (job.job.state != JobState::kConfiguring) continue;
    const bool ready = std::all_of(job.nodes.begin(), job.nodes.end(), [&](const auto& name) {
      return nodes_.at(name).state == SimNodeState::kAllocated;
    });
    if (!ready) continue;
    job.job.state = JobState::kRunning;
    job.started_at = clock_.now();
    ++job.starts;
    starts_.push_back(id);
  }
}

// As 23.02 to 25.11 write it.
std::string SimSlurm::resume_file(const std::vector<std::string>& nodes) const {
  std::map<std::uint32_t, std::vector<std::string>> by_job;
  for (const auto& name : nodes) {
    const auto* node = find_node(name);
    if (node != nullptr && node->job != 0) by_job[node->job].push_back(name);
  }
  std::string text = "{\"jobs\":[";
  for (const auto& [id, names] : by_job) {
    if (text.back() == '}') text += ',';
    text += R"({"extra":null,"job_id":)" + std::to_string(id) +
            R"(,"features":null,"nodes_alloc":")" + format_hostlist(jobs_.at(id).nodes) +
            R"(","nodes_resume":")" + format_hostlist(names) +
            R"(","oversubscribe":"NO","partition":"gpu","reservation":null})";
  }
  return text + R"(],"all_nodes_resume":")" + format_hostlist(nodes) + "\"}";
}

}  // namespace spillway
