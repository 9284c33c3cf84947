// SPDX-License-Identifier: GPL-2.0-or-later
//
// The books while a turn is written: every change is made in memory and noted for the ledger.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/books.h"

namespace spillway {

class Draft {
 public:
  // `books` must outlive the draft and is changed by it.
  Draft(Books& books, TimePoint now) : books_(books), now_(now) {}

  [[nodiscard]] const Books& books() const { return books_; }
  [[nodiscard]] TimePoint now() const { return now_; }

  [[nodiscard]] const Lease* find_lease(std::int64_t id) const;
  [[nodiscard]] const Machine* find_machine(std::int64_t id) const;
  // The machines of a lease, oldest first.
  [[nodiscard]] std::vector<Machine> machines_of(std::int64_t lease) const;
  // The machine that holds `node`, the newest if there are several; nullptr when it is free.
  [[nodiscard]] const Machine* holder_of(const std::string& node) const;

  Lease add_lease(Lease lease);  // gives it its id
  Machine add_machine(Machine machine);
  void put(const Lease& lease);
  void put(const Machine& machine);
  void put(const Permission& permission);
  void put(const Cooldown& cooldown);
  void put(const Alert& alert);
  void drop_permission(std::uint32_t job);
  void drop_cooldown(const OfferId& offer);
  void drop_alert(const AlertId& id);
  void close(const Request& request, const std::string& outcome);
  void drop(const Setting& setting);
  void close(const Retry& retry);

  // Moves the machine along the table of its life; false when the event means nothing there.
  bool happen(Machine& machine, MachineEvent event);

  void send_back(const std::string& node, const std::string& reason);
  void sent_back(const std::string& node) { books_.send_back.erase(node); }
  void comment(std::uint32_t job, const std::string& text);
  void forget_comment(std::uint32_t job) { books_.comments.erase(job); }
  void say(Event event);

  // Ends the leases whose machines are all final, and forgets their rows.
  void settle();
  // Everything that was changed, each row once, as it is now.
  [[nodiscard]] Changes take_changes();

 private:
  Books& books_;
  TimePoint now_;
  std::set<std::int64_t> leases_;
  std::set<std::int64_t> machines_;
  std::set<std::uint32_t> permissions_;
  std::set<OfferId> cooldowns_;
  std::set<AlertId> alerts_;
  std::vector<Request> closed_;
  std::vector<Setting> dropped_settings_;
  std::vector<std::int64_t> answered_retries_;
  std::vector<Lease> ended_leases_;
  std::vector<Machine> ended_machines_;
  std::vector<Event> events_;
};

}  // namespace spillway
