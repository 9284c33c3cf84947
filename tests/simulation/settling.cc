// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/settling.h"

namespace spillway::simulation {
namespace {

std::string find_job(const Site& site) {
  for (const auto& planned : site.scene.plan.jobs) {
    const auto job = site.slurm.slurm().jobs().find(planned.job.id);
    if (job == site.slurm.slurm().jobs().end() || !job->second.is_over())
      return "job " + std::to_string(planned.job.id) + " is not done";
  }
  return "";
}

std::string find_machine(const Site& site) {
  for (const auto& lane : site.lanes) {
    for (const auto& machine : lane->cloud().all()) {
      if (machine.status == SimStatus::kGone || !is_ours(machine, site.head.ledger())) continue;
      return lane->cloud().settings().provider + " machine " + machine.id + " (" +
             machine.order.name + ") is " + sim_status_name(machine.status);
    }
  }
  return "";
}

std::string find_node(const Site& site) {
  for (const auto& [name, node] : site.slurm.slurm().nodes()) {
    const auto rest = node.node.cloud ? SimNodeState::kOff : SimNodeState::kIdle;
    if (node.state == rest && !node.node.draining) continue;
    return "node " + name + " is " + facts_of(node.state).sign +
           (node.node.draining ? ", drained" : "") + " (" + node.node.reason + ")";
  }
  return "";
}

std::string find_entry(const Site& site) {
  const auto& books = site.head.ledger().open();
  if (!books.machines.empty()) {
    const auto& machine = books.machines.begin()->second;
    return "the ledger has machine " + std::to_string(machine.id) + " on \"" + machine.node +
           "\" as " + facts_of(machine.state).name;
  }
  if (!books.leases.empty())
    return "lease " + std::to_string(books.leases.begin()->first) + " is open";
  if (!books.requests.empty())
    return "request " + std::to_string(books.requests.begin()->first) + " is open";
  if (!books.permissions.empty())
    return "job " + std::to_string(books.permissions.begin()->first) + " has a permission";
  return "";
}

}  // namespace

std::string what_is_left(const Site& site) {
  for (const auto find : {find_job, find_machine, find_node, find_entry}) {
    if (auto left = find(site); !left.empty()) return left;
  }
  return site.head.broker_lives() ? "" : "the broker is dead";
}

void note_standing(const Site& site, History& history) {
  if (!history.is_kept()) return;
  for (const auto& [name, node] : site.slurm.slurm().nodes()) {
    std::string line = name + " is " + facts_of(node.state).sign;
    if (node.job != 0) line += " for job " + std::to_string(node.job);
    if (node.node.draining) line += ", drained";
    if (node.node.power_down_asked) line += ", to be powered down";
    if (!node.slurmd.empty()) line += ", slurmd of " + node.slurmd + (node.quiet ? " is dead" : "");
    if (!node.node.reason.empty()) line += " (" + node.node.reason + ")";
    history.note("node", line);
  }
  for (const auto& [id, job] : site.slurm.slurm().jobs()) {
    if (job.is_over()) continue;
    history.note("job",
                 std::to_string(id) + " waits (" + job.job.state_reason +
                     "), comment: " + job.job.admin_comment);
  }
  const auto& books = site.head.ledger().open();
  for (const auto& [id, machine] : books.machines) {
    history.note("ledger",
                 "machine " + std::to_string(id) + " of lease " + std::to_string(machine.lease) +
                     " on " + machine.node + " is " + facts_of(machine.state).name +
                     (machine.unwanted ? ", unwanted" : ""));
  }
  for (const auto& [job, permission] : books.permissions) {
    std::string line = "job " + std::to_string(job) + " may use";
    for (const auto& node : permission.nodes)
      line += " " + node;
    history.note("ledger", line);
  }
}

}  // namespace spillway::simulation
