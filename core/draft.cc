// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/draft.h"

#include <algorithm>
#include <utility>

namespace spillway {

const Lease* Draft::find_lease(std::int64_t id) const {
  const auto found = books_.leases.find(id);
  return found == books_.leases.end() ? nullptr : &found->second;
}

const Machine* Draft::find_machine(std::int64_t id) const {
  const auto found = books_.machines.find(id);
  return found == books_.machines.end() ? nullptr : &found->second;
}

std::vector<Machine> Draft::machines_of(std::int64_t lease) const {
  std::vector<Machine> machines;
  for (const auto& [id, machine] : books_.machines) {
    if (machine.lease == lease) machines.push_back(machine);
  }
  return machines;
}

const Machine* Draft::holder_of(const std::string& node) const {
  const Machine* holder = nullptr;
  for (const auto& [id, machine] : books_.machines) {
    if (machine.node == node && facts_of(machine.state).holds_node) holder = &machine;
  }
  return holder;
}

Lease Draft::add_lease(Lease lease) {
  lease.id = books_.next_lease++;
  lease.created_at = now_;
  put(lease);
  return lease;
}

Machine Draft::add_machine(Machine machine) {
  machine.id = books_.next_machine++;
  machine.state_since = now_;
  put(machine);
  return machine;
}

void Draft::put(const Lease& lease) {
  books_.leases[lease.id] = lease;
  leases_.insert(lease.id);
}

void Draft::put(const Machine& machine) {
  books_.machines[machine.id] = machine;
  machines_.insert(machine.id);
}

void Draft::put(const Permission& permission) {
  books_.permissions[permission.job] = permission;
  permissions_.insert(permission.job);
}

void Draft::put(const Cooldown& cooldown) {
  books_.cooldowns[cooldown.offer] = cooldown;
  cooldowns_.insert(cooldown.offer);
}

void Draft::put(const Alert& alert) {
  const AlertId id{alert.kind, alert.subject};
  books_.alerts[id] = alert;
  alerts_.insert(id);
}

void Draft::drop_permission(std::uint32_t job) {
  if (books_.permissions.erase(job) > 0) permissions_.insert(job);
}

void Draft::drop_cooldown(const OfferId& offer) {
  if (!books_.cooldowns.contains(offer)) return;
  cooldowns_.insert(offer);  // first: it may be the key of what goes
  books_.cooldowns.erase(offer);
}

void Draft::drop_alert(const AlertId& id) {
  if (!books_.alerts.contains(id)) return;
  alerts_.insert(id);  // first: it may be the key of what goes
  books_.alerts.erase(id);
}

void Draft::close(const Request& request, const std::string& outcome) {
  Request closed = request;
  closed.done_at = now_;
  closed.outcome = outcome;
  books_.requests.erase(request.id);
  closed_.push_back(std::move(closed));
}

void Draft::drop(const Setting& setting) {
  dropped_settings_.push_back(setting);
  books_.settings.erase(setting.name);
}

void Draft::close(const Retry& retry) {
  answered_retries_.push_back(retry.id);
  books_.retries.erase(retry.id);
}

bool Draft::happen(Machine& machine, MachineEvent event) {
  const auto next = next_state(machine.state, event);
  if (!next) return false;
  machine.state = *next;
  machine.state_since = now_;
  put(machine);
  return true;
}

void Draft::send_back(const std::string& node, const std::string& reason) {
  books_.send_back[node] = reason;
}

void Draft::comment(std::uint32_t job, const std::string& text) {
  if (job != 0) books_.comments[job] = text;
}

void Draft::say(Event event) {
  event.at = now_;
  events_.push_back(std::move(event));
}

void Draft::settle() {
  std::set<std::int64_t> open;
  for (const auto& [id, machine] : books_.machines) {
    if (!facts_of(machine.state).is_final) open.insert(machine.lease);
  }
  for (auto lease = books_.leases.begin(); lease != books_.leases.end();) {
    if (open.contains(lease->first)) {
      ++lease;
      continue;
    }
    lease->second.ended_at = now_;
    ended_leases_.push_back(lease->second);
    leases_.erase(lease->first);
    lease = books_.leases.erase(lease);
  }
  for (auto machine = books_.machines.begin(); machine != books_.machines.end();) {
    if (open.contains(machine->second.lease) || !facts_of(machine->second.state).is_final) {
      ++machine;
      continue;
    }
    if (machines_.erase(machine->first) > 0) ended_machines_.push_back(machine->second);
    machine = books_.machines.erase(machine);
  }
}

Changes Draft::take_changes() {
  Changes changes;
  changes.leases = std::exchange(ended_leases_, {});
  changes.machines = std::exchange(ended_machines_, {});
  changes.requests = std::exchange(closed_, {});
  changes.dropped_settings = std::exchange(dropped_settings_, {});
  changes.answered_retries = std::exchange(answered_retries_, {});
  changes.events = std::exchange(events_, {});
  for (const auto id : std::exchange(leases_, {}))
    changes.leases.push_back(books_.leases.at(id));
  for (const auto id : std::exchange(machines_, {})) {
    changes.machines.push_back(books_.machines.at(id));
  }
  for (const auto job : std::exchange(permissions_, {})) {
    const auto found = books_.permissions.find(job);
    if (found == books_.permissions.end()) {
      changes.dropped_permissions.push_back(job);
    } else {
      changes.permissions.push_back(found->second);
    }
  }
  for (const auto& offer : std::exchange(cooldowns_, {})) {
    const auto found = books_.cooldowns.find(offer);
    if (found == books_.cooldowns.end()) {
      changes.dropped_cooldowns.push_back(offer);
    } else {
      changes.cooldowns.push_back(found->second);
    }
  }
  for (const auto& id : std::exchange(alerts_, {})) {
    const auto found = books_.alerts.find(id);
    if (found == books_.alerts.end()) {
      changes.dropped_alerts.push_back(id);
    } else {
      changes.alerts.push_back(found->second);
    }
  }
  return changes;
}

}  // namespace spillway
