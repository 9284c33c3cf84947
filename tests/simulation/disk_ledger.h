// SPDX-License-Identifier: GPL-2.0-or-later
//
// The real ledger on a disk that fills up, fails and loses what was not synced, held against the
// ledger in memory at each step: what was told done is there, and nothing is there by half.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/memory_ledger.h"

namespace spillway::simulation {

class DiskLedger final : public Ledger {
 public:
  // `truth` must outlive it, and tells the fate of each commit. One at a time in a thread.
  DiskLedger(MemoryLedger& truth, std::uint64_t seed);
  ~DiskLedger() override;

  // The power goes and comes back: the file is opened anew.
  void lose_power();
  void forget_syncs() { disk_->forget_syncs(); }
  // How the file was found to differ from the truth; empty while it never was.
  [[nodiscard]] const std::string& difference() const { return difference_; }

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

 private:
  void open();
  [[nodiscard]] std::string path() const { return folder_ + "/ledger.db"; }
  [[nodiscard]] Status commit_in_trouble(const Changes& changes, CommitFate fate);
  // Finds out whether the changes are in the file.
  void settle(const Changes& changes, bool was_told_done);
  void compare(const std::string& found, const std::string& expected);

  MemoryLedger& truth_;
  Dice dice_;
  std::string folder_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<Ledger> file_;
  std::string difference_;
};

// All of it, as a text that differs when the books do.
[[nodiscard]] std::string format_books(const Books& books);

}  // namespace spillway::simulation
