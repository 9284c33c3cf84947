// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/memory_ledger.h"

#include <algorithm>
#include <utility>

namespace spillway {
namespace {

Error out_of_order() {
  return Error{ErrorCode::kIo, "ledger: the disk does not answer", {}};
}

}  // namespace

Result<std::int64_t> MemoryLedger::append_request(const Request& request) {
  if (dead_) return out_of_order();
  Request appended = request;
  appended.id = next_request_++;
  books_.requests[appended.id] = appended;
  return appended.id;
}

Result<std::vector<Request>> MemoryLedger::open_requests(std::int64_t after) {
  if (dead_) return out_of_order();
  std::vector<Request> requests;
  for (auto each = books_.requests.upper_bound(after); each != books_.requests.end(); ++each)
    requests.push_back(each->second);
  return requests;
}

Result<Settings> MemoryLedger::settings() {
  if (dead_) return out_of_order();
  return books_.settings;
}

Result<std::map<std::int64_t, Retry>> MemoryLedger::retries() {
  if (dead_) return out_of_order();
  return books_.retries;
}

Result<Books> MemoryLedger::load() {
  if (dead_) return out_of_order();
  return books_;
}

Status MemoryLedger::commit(const Changes& changes) {
  if (dead_) return out_of_order();
  if (held_back_) write(*std::exchange(held_back_, std::nullopt));
  if (holds_back && holds_back(changes)) {
    held_back_ = changes;
    return {};
  }
  const auto becomes = fate ? fate() : CommitFate::kDone;
  const bool written = becomes == CommitFate::kDone || becomes == CommitFate::kRefusedWritten ||
                       becomes == CommitFate::kDiesAfter;
  if (written) write(changes);
  if (becomes == CommitFate::kDiesBefore || becomes == CommitFate::kDiesAfter) die();
  return becomes == CommitFate::kDone ? Status() : Status(out_of_order());
}

void MemoryLedger::write(const Changes& changes) {
  for (const auto& request : changes.requests) {
    if (request.done_at) {
      books_.requests.erase(request.id);
    } else {
      books_.requests[request.id] = request;
    }
  }
  for (const auto& lease : changes.leases) {
    leases_[lease.id] = lease;
    books_.next_lease = std::max(books_.next_lease, lease.id + 1);
    if (lease.ended_at) {
      books_.leases.erase(lease.id);
    } else {
      books_.leases[lease.id] = lease;
    }
  }
  for (const auto& machine : changes.machines) {
    machines_[machine.id] = books_.machines[machine.id] = machine;
    books_.next_machine = std::max(books_.next_machine, machine.id + 1);
  }
  keep_open_machines();
  for (const auto job : changes.dropped_permissions)
    books_.permissions.erase(job);
  for (const auto& permission : changes.permissions)
    books_.permissions[permission.job] = permission;
  for (const auto& offer : changes.dropped_cooldowns)
    books_.cooldowns.erase(offer);
  for (const auto& cooldown : changes.cooldowns)
    books_.cooldowns[cooldown.offer] = cooldown;
  write_wishes(changes);
  for (const auto& event : changes.events) {
    events_.push_back(event);
    events_.back().id = static_cast<std::int64_t>(events_.size());
  }
}

void MemoryLedger::write_wishes(const Changes& changes) {
  for (const auto& setting : changes.dropped_settings) {
    const auto found = books_.settings.find(setting.name);
    if (found != books_.settings.end() && found->second.set_at == setting.set_at)
      books_.settings.erase(found);
  }
  for (const auto& setting : changes.settings)
    books_.settings[setting.name] = setting;
  for (const auto id : changes.answered_retries)
    books_.retries.erase(id);
  for (auto retry : changes.retries) {
    retry.id = next_retry_++;
    books_.retries[retry.id] = retry;
  }
}

// Those of open leases, and those that are not final.
void MemoryLedger::keep_open_machines() {
  std::erase_if(books_.machines, [this](const auto& entry) {
    return facts_of(entry.second.state).is_final && !books_.leases.contains(entry.second.lease);
  });
}

Result<std::vector<Event>> MemoryLedger::events(std::int64_t after, int limit) {
  if (dead_) return out_of_order();
  const auto all = static_cast<std::int64_t>(events_.size());
  const auto from = std::min(after, all);
  const auto to = std::min<std::int64_t>(from + limit, all);
  return std::vector<Event>(events_.begin() + from, events_.begin() + to);
}

Result<std::vector<Event>> MemoryLedger::last_events(int count) {
  return events(std::max<std::int64_t>(0, static_cast<std::int64_t>(events_.size()) - count),
                count);
}

std::vector<Charge> MemoryLedger::all_charges() const {
  std::vector<Charge> charges;
  for (const auto& [id, machine] : machines_) {
    const auto lease = leases_.find(machine.lease);
    if (lease == leases_.end() || !machine.billed_from) continue;
    charges.push_back({id,
                       machine.lease,
                       lease->second.job,
                       machine.node,
                       lease->second.offer,
                       machine.provider_id,
                       machine.state,
                       machine.billed_from,
                       machine.billed_to,
                       lease->second.price_per_hour,
                       lease->second.billing});
  }
  return charges;
}

Result<std::vector<Charge>> MemoryLedger::charges(TimePoint since) {
  if (dead_) return out_of_order();
  auto charges = all_charges();
  std::erase_if(charges,
                [&](const auto& charge) { return charge.billed_to && *charge.billed_to < since; });
  std::stable_sort(charges.begin(), charges.end(), [](const auto& a, const auto& b) {
    return a.billed_from < b.billed_from;
  });
  return charges;
}

Result<std::vector<Lease>> MemoryLedger::leases(const std::vector<std::int64_t>& ids) {
  if (dead_) return out_of_order();
  std::vector<Lease> leases;
  for (const auto id : ids) {
    if (const auto lease = leases_.find(id); lease != leases_.end())
      leases.push_back(lease->second);
  }
  return leases;
}

Result<bool> MemoryLedger::take_leadership(const std::string& holder,
                                           TimePoint now,
                                           TimePoint until) {
  if (dead_) return out_of_order();
  if (leader_ && leader_->holder != holder && leader_->until > now) return false;
  const auto since = leader_ && leader_->holder == holder ? leader_->since : now;
  leader_ = Leader{holder, until, since};
  return true;
}

Status MemoryLedger::give_up_leadership(const std::string& holder) {
  if (dead_) return out_of_order();
  if (leader_ && leader_->holder == holder) leader_.reset();
  return {};
}

Result<std::optional<Leader>> MemoryLedger::leader() {
  if (dead_) return out_of_order();
  return leader_;
}

}  // namespace spillway
