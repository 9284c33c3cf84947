// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cloud.h"

#include <algorithm>
#include <utility>

#include "sim/uuid.h"

namespace spillway {
namespace {

constexpr std::size_t kFirstNumber = 1001;  // of machines that are numbered

// The address of a machine is known when a quarter of its boot time is over.
// Source: providers/lambda.md, quirk 2 (t+22 to 31 s of 113 to 180 s).
constexpr int kAddressShare = 4;

TimePoint whole_second(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

template <typename List>
auto* find_named(List& list, const std::string& name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
  return found == list.end() ? nullptr : &*found;
}

Error unknown_machine(const std::string& id) {
  return {ErrorCode::kNotFound, "machine " + id + ": unknown", {}};
}

Error not_so(const std::string& id, const std::string& why) {
  return {ErrorCode::kInvalid, "machine " + id + ": " + why, {}};
}

bool is_up(const SimMachine& machine) {
  return machine.status == SimStatus::kActive || machine.status == SimStatus::kUnhealthy;
}

}  // namespace

const char* sim_status_name(SimStatus status) {
  switch (status) {
    case SimStatus::kBooting:
      return "booting";
    case SimStatus::kActive:
      return "active";
    case SimStatus::kStopped:
      return "stopped";
    case SimStatus::kUnhealthy:
      return "unhealthy";
    case SimStatus::kPreempted:
      return "preempted";
    case SimStatus::kTerminating:
      return "terminating";
    case SimStatus::kGone:
      return "gone";
  }
  return "unknown";
}

SimCloud::SimCloud(SimCloudSettings settings, const Clock& clock, SimFaults& faults)
    : settings_(std::move(settings)), clock_(clock), faults_(faults), random_(settings_.seed) {}

const SimRegion* SimCloud::find_region(const std::string& name) const {
  return find_named(settings_.regions, name);
}

const SimType* SimCloud::find_type(const std::string& name) const {
  return find_named(settings_.types, name);
}

Status SimCloud::set_price(const std::string& type, Money per_hour) {
  SimType* found = find_named(settings_.types, type);
  if (found == nullptr) return Error{ErrorCode::kNotFound, "type " + type + ": unknown", {}};
  for (SimType& sibling : settings_.types) {
    if (settings_.shares_gpus && found->gpus > 0 && sibling.gpus > 0 &&
        sibling.gpu_description == found->gpu_description)
      sibling.price_per_hour = divide(per_hour * sibling.gpus, found->gpus);
  }
  found->price_per_hour = per_hour;
  return {};
}

Status SimCloud::set_capacity(const std::string& type, const std::string& region, int machines) {
  SimType* found = find_named(settings_.types, type);
  if (found == nullptr) return Error{ErrorCode::kNotFound, "type " + type + ": unknown", {}};
  if (find_region(region) == nullptr)
    return Error{ErrorCode::kNotFound, "region " + region + ": unknown", {}};
  found->capacity[region] = machines;
  return {};
}

void SimCloud::advance() {
  const TimePoint now = clock_.now();
  if (settled_at_ == now && settled_rules_ == faults_.replacements()) return;
  for (SimMachine& machine : machines_) {
    if (machine.status == SimStatus::kGone) continue;
    if (const auto fault = faults_.take_for_machine(machine.id)) arm_fault(machine, *fault, now);
    while (step(machine, now)) {
    }
  }
  settled_at_ = now;
  settled_rules_ = faults_.replacements();
}

Result<std::string> SimCloud::order(const SimOrder& order) {
  const auto ids = this->order(order, 1);
  if (!ids) return ids.error();
  return ids->front();
}

Result<std::vector<std::string>> SimCloud::order(const SimOrder& order, int machines) {
  advance();
  const SimType* type = find_type(order.type);
  if (type == nullptr || find_region(order.region) == nullptr)
    return Error{ErrorCode::kNotFound, order.type + " in " + order.region + ": unknown", {}};
  if (settings_.quota && live_machines() + machines > *settings_.quota)
    return Error{ErrorCode::kQuota, "quota exceeded", {}};
  const int room = free_capacity(*type, order.region);
  if (room < machines && !settings_.overbooks)
    return Error{ErrorCode::kNoCapacity, order.type + " in " + order.region + ": sold out", {}};
  std::vector<std::string> ids;
  ids.reserve(static_cast<std::size_t>(machines));
  for (int i = 0; i < machines; ++i)
    ids.push_back(make_machine(*type, order, i < room));
  return ids;
}

std::vector<const SimMachine*> SimCloud::listed() {
  advance();
  std::vector<const SimMachine*> list;
  for (const SimMachine& machine : machines_) {
    if (machine.status != SimStatus::kGone && machine.listed_from <= clock_.now())
      list.push_back(&machine);
  }
  return list;
}

const SimMachine* SimCloud::find(const std::string& id) {
  advance();
  return find_live(id);
}

Status SimCloud::terminate(const std::string& id) {
  advance();
  SimMachine* machine = find_live(id);
  if (machine == nullptr) return unknown_machine(id);
  if (machine->status != SimStatus::kTerminating && machine->status != SimStatus::kPreempted)
    begin_end(*machine, SimStatus::kTerminating, clock_.now());
  return {};
}

Status SimCloud::restart(const std::string& id) {
  advance();
  const SimMachine* machine = find_live(id);
  if (machine == nullptr) return unknown_machine(id);
  if (!is_up(*machine)) return not_so(id, "is not up");
  note(SimChangeKind::kStopped, *machine);
  return {};
}

Status SimCloud::stop(const std::string& id) {
  if (auto restarted = restart(id); !restarted) return restarted;
  find_live(id)->status = SimStatus::kStopped;
  return {};
}

Status SimCloud::start(const std::string& id) {
  advance();
  SimMachine* machine = find_live(id);
  if (machine == nullptr) return unknown_machine(id);
  if (machine->status != SimStatus::kStopped) return not_so(id, "is not stopped");
  machine->status = SimStatus::kActive;
  settled_at_.reset();  // a fault may have waited for it
  return {};
}

Status SimCloud::pause_billing(const std::string& id, TimePoint until) {
  advance();
  SimMachine* machine = find_live(id);
  if (machine == nullptr) return unknown_machine(id);
  pause(*machine, clock_.now(), until);
  return {};
}

Status SimCloud::rename(const std::string& id, std::string name) {
  advance();
  SimMachine* machine = find_live(id);
  if (machine == nullptr) return unknown_machine(id);
  machine->order.name = std::move(name);
  return {};
}

std::vector<SimChange> SimCloud::take_changes() {
  return std::exchange(changes_, {});
}

std::vector<SimInvoiceLine> SimCloud::invoice() {
  advance();
  std::vector<SimInvoiceLine> lines;
  for (const SimMachine& machine : machines_) {
    SimInvoiceLine line{settings_.provider,
                        machine.id,
                        machine.order.name,
                        machine.order.type,
                        machine.order.region,
                        machine.billed_from,
                        machine.billed_to,
                        std::chrono::seconds(0),
                        machine.price_per_hour,
                        Money()};
    if (line.billed_from) {
      const TimePoint to = line.billed_to.value_or(clock_.now());
      line.paused = paused_time(machine.pauses, *line.billed_from, to);
      line.cost =
          billed_cost(line.price_per_hour, *line.billed_from, to - line.paused, settings_.billing);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

SimMachine* SimCloud::find_live(const std::string& id) {
  const auto place = index_.find(id);
  if (place == index_.end()) return nullptr;
  SimMachine& machine = machines_[place->second];
  return machine.status == SimStatus::kGone ? nullptr : &machine;
}

int SimCloud::live_machines() const {
  return static_cast<int>(
      std::count_if(machines_.begin(), machines_.end(), [](const SimMachine& machine) {
        return machine.status != SimStatus::kGone;
      }));
}

std::string SimCloud::next_id() {
  switch (settings_.ids) {
    case SimIds::kHex:
      return random_.hex(32);
    case SimIds::kUuid:
      return format_uuid(random_.hex(32));
    case SimIds::kNumber:
      return std::to_string(kFirstNumber + machines_.size());
  }
  return "";
}

std::string SimCloud::make_machine(const SimType& type, const SimOrder& order, bool has_room) {
  const auto boot = random_.within(settings_.boot);
  SimMachine machine;
  machine.id = next_id();
  machine.order = order;
  machine.gpus = type.gpus;
  machine.gpu_description = type.gpu_description;
  machine.infiniband_ports = type.infiniband_ports;
  machine.storage_gib = type.storage_gib;
  machine.price_per_hour = type.price_per_hour + order.surcharge;
  give_addresses(machine);
  machine.ordered_at = clock_.now();
  machine.listed_from = machine.ordered_at + settings_.list_delay;
  machine.address_from = machine.ordered_at + boot / kAddressShare;
  machine.up_at = machine.ordered_at + boot;
  machine.fault = faults_.take_for_machine("next");
  if (!has_room) {
    machine.on_shelf = true;
    machine.fault = SimMachineFault{SimMachineFaultKind::kFails, machine.id, {}, {}};
  }
  if (settings_.billing.from_order) machine.billed_from = whole_second(machine.ordered_at);
  settled_at_.reset();
  index_[machine.id] = machines_.size();
  machines_.push_back(std::move(machine));
  return machines_.back().id;
}

// Takes a machine to its next status if that is due; false when there is nothing to do.
bool SimCloud::step(SimMachine& machine, TimePoint now) {
  if (machine.status == SimStatus::kBooting) {
    const bool never = machine.fault && machine.fault->kind == SimMachineFaultKind::kNeverBoots;
    if (never || now < machine.up_at) return false;
    come_up(machine);
    return true;
  }
  if (is_up(machine)) {
    if (!machine.fault_at || now < *machine.fault_at) return false;
    apply_fault(machine);
    return true;
  }
  if (!machine.gone_at || now < *machine.gone_at) return false;
  machine.status = SimStatus::kGone;
  machine.gone_at.reset();
  return true;
}

void SimCloud::arm_fault(SimMachine& machine, const SimMachineFault& fault, TimePoint now) {
  machine.fault = fault;
  if (is_up(machine)) machine.fault_at = now + fault.after;
}

void SimCloud::come_up(SimMachine& machine) {
  if (machine.fault && machine.fault->kind == SimMachineFaultKind::kFails) {
    machine.status = SimStatus::kUnhealthy;
    machine.fault.reset();
    return;
  }
  if (machine.fault && machine.fault->kind == SimMachineFaultKind::kHardware) {
    machine.hardware = machine.fault->hardware;
    machine.fault.reset();
  }
  const bool at_once = machine.fault && machine.fault->after == std::chrono::milliseconds(0);
  note(SimChangeKind::kBooted, machine);
  // What never passed its health check was never healthy: no bill begins for it.
  if (at_once && machine.fault->kind == SimMachineFaultKind::kUnhealthy) {
    machine.status = SimStatus::kUnhealthy;
    machine.fault.reset();
    return;
  }
  machine.status = SimStatus::kActive;
  if (!machine.billed_from) machine.billed_from = whole_second(machine.up_at);
  if (machine.fault) machine.fault_at = machine.up_at + machine.fault->after;
}

void SimCloud::apply_fault(SimMachine& machine) {
  const SimMachineFaultKind kind = machine.fault->kind;
  const TimePoint at = *machine.fault_at;
  machine.fault.reset();
  machine.fault_at.reset();
  switch (kind) {
    case SimMachineFaultKind::kNeverBoots:
    case SimMachineFaultKind::kFails:
    case SimMachineFaultKind::kHardware:
      return;  // too late: it has booted
    case SimMachineFaultKind::kDies:
      note(SimChangeKind::kStopped, machine);
      [[fallthrough]];
    case SimMachineFaultKind::kUnhealthy:
      machine.status = SimStatus::kUnhealthy;
      if (!settings_.billing.unhealthy) pause(machine, at, TimePoint::max());
      return;
    case SimMachineFaultKind::kPreempted:
      begin_end(machine, SimStatus::kPreempted, at);
      return;
    case SimMachineFaultKind::kVanishes:
      begin_end(machine, SimStatus::kGone, at);
      machine.gone_at.reset();
      return;
  }
}

void SimCloud::pause(SimMachine& machine, TimePoint from, TimePoint until) {
  if (machine.pauses.empty() || machine.pauses.back().to <= from)
    machine.pauses.push_back({from, until});
  else
    machine.pauses.back().to = until;
}

void SimCloud::begin_end(SimMachine& machine, SimStatus status, TimePoint at) {
  settled_at_.reset();
  machine.status = status;
  machine.fault.reset();
  machine.fault_at.reset();
  machine.gone_at = at + random_.within(settings_.terminate);
  if (machine.billed_from) machine.billed_to = std::max(whole_second(at), *machine.billed_from);
  note(SimChangeKind::kStopped, machine);
}

}  // namespace spillway
