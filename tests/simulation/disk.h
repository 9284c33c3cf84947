// SPDX-License-Identifier: GPL-2.0-or-later
//
// A disk for SQLite, in memory, that loses what was not synced. While it lives, the SQLite files of
// its thread are on it (as a VFS, SQLite's own seam).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/dice.h"

namespace spillway::simulation {

class Disk {
 public:
  Disk();
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // What a program sees.
  struct Write {
    std::int64_t offset = 0;
    std::string bytes;
    bool is_truncation = false;  // to `offset`
  };
  struct File {
    std::string content;         // as read
    std::string synced;          // as it survives
    std::vector<Write> pending;  // since the last sync
  };

  // From now on so many more writes and syncs succeed, then none does, until restore().
  void fail_after(int operations) { left_ = operations; }
  void fill_up() { full_ = true; }
  // Tells syncs done and does none: a bug, to be planted.
  void forget_syncs() { forgets_syncs_ = true; }
  [[nodiscard]] bool forgets_syncs() const { return forgets_syncs_; }
  void restore();
  // The power goes: of the writes that were not synced any may have reached the platters, torn at
  // sectors. REQUIRES: no file is open.
  void lose_power(Dice& dice);

  [[nodiscard]] File* find(const std::string& path);
  [[nodiscard]] File& make(const std::string& path) { return files_[path]; }
  void remove(const std::string& path) { files_.erase(path); }
  // Each writing operation asks: SQLite's code for what becomes of it.
  [[nodiscard]] int next_operation(bool grows);

 private:
  std::map<std::string, File> files_;
  int left_ = -1;  // -1: no end
  bool full_ = false;
  bool forgets_syncs_ = false;
};

}  // namespace spillway::simulation
