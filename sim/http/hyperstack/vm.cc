// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/vm.h"

#include <algorithm>

#include "lib/text.h"

namespace spillway::hyperstack_api {

std::int64_t number_of(const SimMachine& machine) {
  return parse_whole_number(machine.id).value_or(0);
}

std::string status_of(const Vm& vm, const SimMachine& machine, TimePoint now) {
  switch (machine.status) {
    case SimStatus::kBooting:
      return now < machine.address_from ? "CREATING" : "BUILD";
    case SimStatus::kPreempted:
    case SimStatus::kTerminating:
      return "DELETING";
    case SimStatus::kGone:
      return "DELETED";
    default:
      break;
  }
  if (now < vm.phase_ends) return vm.phase;
  if (machine.status == SimStatus::kStopped) return machine.on_shelf ? "HIBERNATED" : "SHUTOFF";
  return machine.status == SimStatus::kUnhealthy ? "ERROR" : "ACTIVE";
}

bool has_run(const SimMachine& machine) {
  return machine.billed_from.has_value();
}

std::string ip_status_of(const Vm& vm, const SimMachine& machine, TimePoint now) {
  if (vm.ip.wish == FloatingIp::Wish::kNone || !has_run(machine)) return "NO FLOATING IP";
  const bool done = vm.ip.done_at <= now;
  if (vm.ip.wish == FloatingIp::Wish::kAttached) return done ? "ATTACHED" : "ATTACHING";
  return done ? "DETACHED" : "DETACHING";
}

// Both null and "" have been seen where there is none; so each has its phase here.
Json floating_ip_of(const Vm& vm, const SimMachine& machine, TimePoint now) {
  const std::string status = ip_status_of(vm, machine, now);
  if (status == "ATTACHED" || status == "DETACHING") return Json::of(machine.address);
  return status == "ATTACHING" ? Json::of("") : Json::null();
}

std::vector<VmEvent> events_of(const Vm& vm, const SimMachine& machine) {
  const std::string title = "VM " + machine.order.name;
  std::vector<VmEvent> own;
  if (has_run(machine))
    own.push_back({*machine.billed_from, "Normal", "InstanceCreationSuccess", title + " is made."});
  else if (machine.status == SimStatus::kUnhealthy)
    own.push_back({machine.up_at, "Warning", "InstanceCreationFailed", title + " is not made."});
  // The first call was the order.
  std::vector<VmEvent> events = vm.events;
  events.insert(events.begin() + 1, own.begin(), own.end());
  std::stable_sort(
      events.begin(), events.end(), [](const VmEvent& a, const VmEvent& b) { return a.at < b.at; });
  return events;
}

}  // namespace spillway::hyperstack_api
