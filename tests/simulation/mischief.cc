// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/mischief.h"

#include <algorithm>

#include "tests/simulation/guests.h"

namespace spillway::simulation {
namespace {

using F = FaultKind;
using M = SimMachineFaultKind;

}  // namespace

void Mischief::begin(const Fault& fault) {
  switch (fault.kind) {
    case F::kOutage:
    case F::kSoldOut:
    case F::kNeverBoots:
    case F::kBootFails:
    case F::kDies:
    case F::kPreempted:
    case F::kVanishes:
      return begin_at_cloud(fault);
    case F::kCrash:
      scene_.strike(fault);
      return head_.kill_broker(fault.span);
    case F::kDiskFull:
      scene_.strike(fault);
      return head_.fill_disk(fault.span);
    case F::kClockStep:
      scene_.strike(fault);
      return scene_.host_clock.step(fault.span);
    case F::kSlurmRestart:
    case F::kSlurmDown:
      scene_.strike(fault);
      return slurm_.restart(fault.span);
    case F::kDrain:
    case F::kSetDown:
    case F::kPowerUp:
    case F::kPowerDown:
    case F::kCancel:
    case F::kNodeRemoved:
      return begin_by_admin(fault);
    default:
      return scene_.traps.set(fault);  // for the first thing that it fits
  }
}

void Mischief::begin_at_cloud(const Fault& fault) {
  switch (fault.kind) {
    case F::kOutage:
      scene_.strike(fault);
      return lane_of(fault).begin_outage(fault.span);
    case F::kSoldOut:
      scene_.strike(fault);
      lane_of(fault).sell_out();
      return scene_.queue.in(fault.span, [this, &fault] { lane_of(fault).restock(); });
    case F::kNeverBoots:
      // A cloud that ends nothing which boots must not boot for ever.
      return begin_at_next_machine(
          fault, plan_of(fault).driver.ends_while_building ? M::kNeverBoots : M::kFails);
    case F::kBootFails:
      return begin_at_next_machine(fault, M::kFails);
    case F::kDies:
      return begin_at_machine(fault, M::kDies);
    case F::kPreempted:
      return begin_at_machine(fault, M::kPreempted);
    default:
      return begin_at_machine(fault, M::kVanishes);
  }
}

// One that is up now.
void Mischief::begin_at_machine(const Fault& fault, SimMachineFaultKind kind) {
  auto& lane = lane_of(fault);
  std::vector<std::string> ids;
  for (const auto& machine : lane.cloud().all()) {
    if (machine.status == SimStatus::kActive && is_ours(machine, head_.ledger()))
      ids.push_back(machine.id);
  }
  if (ids.empty()) return;
  const auto& id = ids[fault.dice % ids.size()];
  scene_.strike(fault, id);
  if (kind != M::kDies) scene_.vanished.insert(Guests::name_of(fault.cloud, id));
  lane.faults().add({kind, id, milliseconds(0), {}});
}

void Mischief::begin_at_next_machine(const Fault& fault, SimMachineFaultKind kind) {
  scene_.strike(fault);
  lane_of(fault).faults().add({kind, "next", milliseconds(0), {}});
}

std::string Mischief::choose_cloud_node(const Fault& fault) const {
  std::vector<std::string> names;
  for (const auto& [name, node] : slurm_.slurm().nodes()) {
    if (node.node.cloud) names.push_back(name);
  }
  return names.empty() ? std::string() : names[fault.dice % names.size()];
}

void Mischief::begin_by_admin(const Fault& fault) {
  if (slurm_.is_down()) return;
  if (fault.kind == F::kCancel) return cancel_a_job(fault);
  const auto node = choose_cloud_node(fault);
  if (node.empty()) return;
  scene_.strike(fault, node);
  auto& slurm = slurm_.slurm();
  switch (fault.kind) {
    case F::kDrain:
      slurm.set_drain(node, "admin: looks at it");
      invariants_.after_drain(node);
      touched_.insert(node);
      break;
    case F::kSetDown:
      slurm.set_down(node, "admin: looks at it");
      touched_.insert(node);
      break;
    case F::kPowerUp:
      slurm.set_power_up(node);
      break;
    case F::kPowerDown:
      slurm.set_power_down(node);
      break;
    default:
      remove_node(node);
      break;
  }
  slurm_.settle();
}

void Mischief::remove_node(const std::string& name) {
  slurm_.slurm().remove_node(name);
  removed_.insert(name);
  slurm_.restart(seconds(2));
}

void Mischief::cancel_a_job(const Fault& fault) {
  std::vector<std::uint32_t> ids;
  for (const auto& [id, job] : slurm_.slurm().jobs()) {
    if (!job.is_over()) ids.push_back(id);
  }
  if (ids.empty()) return;
  const auto id = ids[fault.dice % ids.size()];
  scene_.strike(fault, "job " + std::to_string(id));
  slurm_.slurm().cancel(id);
}

void Mischief::end_all() {
  scene_.history.note("FAULT", "no more: admins undo what they did");
  scene_.traps.clear();
  for (const auto& lane : lanes_) {
    lane->begin_outage(milliseconds(0));
    lane->restock();
    lane->faults().replace({});
  }
  head_.fill_disk(milliseconds(0));
  for (const auto& node : scene_.plan.nodes) {
    if (removed_.contains(node.name)) slurm_.slurm().add_node(node, {kPartition});
    const auto* known = slurm_.slurm().find_node(node.name);
    const bool is_down = known != nullptr && facts_of(known->state).base == NodeBase::kDown;
    const bool out_of_use = known != nullptr && (known->node.draining || is_down);
    if (touched_.contains(node.name) && out_of_use) slurm_.slurm().set_resume(node.name);
  }
  slurm_.settle();
  head_.retry_all();
}

}  // namespace spillway::simulation
