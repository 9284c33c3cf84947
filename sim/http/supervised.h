// SPDX-License-Identifier: GPL-2.0-or-later
//
// The simulator's side of its supervisors (supervisor.h): one for each machine that runs.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "lib/descriptor.h"
#include "lib/result.h"

namespace spillway {

// What is run, and where.
struct Command {
  std::vector<std::string> words;        // the first one: the program's path
  std::vector<std::string> environment;  // all of it: "PATH=/bin"
  std::string folder;
};

// To be used by one thread, which must live as long as the supervisors: they die with it.
class Supervised {
 public:
  // `program`: this very executable.
  explicit Supervised(std::string program) : program_(std::move(program)) {}
  ~Supervised() { stop_all(); }
  Supervised(const Supervised&) = delete;
  Supervised& operator=(const Supervised&) = delete;

  // Runs `command` (nothing when it has no words) until `id` is stopped; what it says is added to
  // `log`. Errors: kIo.
  [[nodiscard]] Status start(const std::string& id, const Command& command, const std::string& log);
  // Ends every process of it; they are gone when it returns. Unknown ids are fine.
  void stop(const std::string& id);
  void stop_all();

 private:
  struct Supervisor {
    pid_t pid = 0;
    Descriptor control;  // closing it ends what is supervised
  };

  std::string program_;
  std::map<std::string, Supervisor> supervisors_;
};

}  // namespace spillway
