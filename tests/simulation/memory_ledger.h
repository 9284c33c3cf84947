// SPDX-License-Identifier: GPL-2.0-or-later
//
// A ledger in memory that dies as the one on SQLite does: what was committed stays, all else is
// lost, nothing is there by half.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/books.h"
#include "ledger/ledger.h"

namespace spillway {

// What becomes of one commit.
enum class CommitFate {
  kDone,
  kRefused,         // nothing is written, an error is told: the disk is full
  kRefusedWritten,  // an error is told, although all is written: the disk failed after the last
                    // sync
  kDiesBefore,      // the host dies, nothing is written
  kDiesAfter,       // the host dies, all is written, nobody learns of it
};

class MemoryLedger final : public Ledger {
 public:
  explicit MemoryLedger(std::string tag) { books_.ledger_tag = std::move(tag); }

  // Asked at each commit of the broker; none: all are done.
  std::function<CommitFate()> fate;
  // Is a commit told done, and written with the next one only? None: never. That is a bug, to be
  // planted.
  std::function<bool(const Changes&)> holds_back;
  // Since the host died nothing is read or written.
  [[nodiscard]] bool is_dead() const { return dead_; }
  void die() {
    dead_ = true;
    held_back_.reset();
  }
  void revive() { dead_ = false; }

  [[nodiscard]] Result<std::int64_t> append_request(const Request& request) override;
  [[nodiscard]] Result<std::vector<Request>> open_requests(std::int64_t after) override;
  [[nodiscard]] Result<Settings> settings() override;
  [[nodiscard]] Result<std::map<std::int64_t, Retry>> retries() override;
  [[nodiscard]] Result<Books> load() override;
  [[nodiscard]] Status commit(const Changes& changes) override;
  [[nodiscard]] Result<std::vector<Event>> events(std::int64_t after, int limit) override;
  [[nodiscard]] Result<std::vector<Event>> last_events(int count) override;
  [[nodiscard]] Result<std::vector<Charge>> charges(TimePoint since) override;
  [[nodiscard]] Result<std::vector<Lease>> leases(const std::vector<std::int64_t>& ids) override;
  [[nodiscard]] Result<bool> take_leadership(const std::string& holder,
                                             TimePoint now,
                                             TimePoint until) override;
  [[nodiscard]] Status give_up_leadership(const std::string& holder) override;
  [[nodiscard]] Result<std::optional<Leader>> leader() override;

  // Writes them, whatever the fate.
  void write(const Changes& changes);
  // What is durable: all that was ever written, and the open part of it.
  [[nodiscard]] const Books& open() const { return books_; }
  [[nodiscard]] const std::map<std::int64_t, Lease>& all_leases() const { return leases_; }
  [[nodiscard]] const std::map<std::int64_t, Machine>& all_machines() const { return machines_; }
  [[nodiscard]] const std::vector<Event>& all_events() const { return events_; }
  [[nodiscard]] std::vector<Charge> all_charges() const;

 private:
  void keep_open_machines();
  void write_wishes(const Changes& changes);

  bool dead_ = false;
  std::optional<Changes> held_back_;
  std::int64_t next_request_ = 1;
  std::int64_t next_retry_ = 1;
  Books books_;  // the open part, as load() gives it
  std::map<std::int64_t, Lease> leases_;
  std::map<std::int64_t, Machine> machines_;
  std::vector<Event> events_;
  std::optional<Leader> leader_;
};

}  // namespace spillway
