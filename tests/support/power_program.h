// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs the real power-save programs as slurmctld does: by path, with an environment made from
// nothing, in a folder of their own.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/books.h"

namespace spillway::testing {

enum class Descriptors { kClosed, kTerminal };  // 0 to 2 closed, or 2 a terminal

struct Call {
  std::string program;  // its name in the build's bin/
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  // "NAME=value"
  Descriptors descriptors = Descriptors::kClosed;
};

struct Outcome {
  int status = -1;                 // exit status; -1 when it did not end by itself
  std::vector<std::string> lines;  // what the terminal shows
};

[[nodiscard]] Outcome run_call(const Call& call);
// Starts it without waiting (descriptors closed).
[[nodiscard]] pid_t start_call(const Call& call);
[[nodiscard]] int wait_for_exit(pid_t child);

// A folder that lives as long as the value, with a config that names a ledger in it.
class PowerFolder {
 public:
  PowerFolder();
  ~PowerFolder();
  PowerFolder(const PowerFolder&) = delete;
  PowerFolder& operator=(const PowerFolder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string config() const { return path("spillway.yaml"); }
  [[nodiscard]] std::string ledger() const { return path("ledger.db"); }
  void write(const std::string& name, const std::string& text) const;
  // All that was recorded; nothing when there is no ledger.
  [[nodiscard]] std::vector<Request> requests() const;

 private:
  std::string folder_;
};

}  // namespace spillway::testing
