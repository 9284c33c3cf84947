// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program `spillway` in a folder of its own: a configuration, and whatever a test puts beside
// it.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "ledger/ledger.h"
#include "lib/file.h"
#include "lib/json.h"
#include "tests/cli/screens.h"
#include "tests/support/temporary_folder.h"

namespace spillway {

struct Ran {
  int code = -1;
  std::string text;  // of both streams
};

inline void must(const Status& status) {
  if (!status) fail_msg("%s", status.error().message.c_str());
}

// One pool of two nodes, which Lambda may stand behind; jobs of the partition gpu may burst.
class Place {
 public:
  Place() {
    const auto& path = folder.path();
    must(write_file_atomically(
        config,
        "cluster: hpc1\nledger: " + ledger + "\ndecisions: " + path + "/decisions\n" +
            "join: {listen: 127.0.0.1:8444, url: https://127.0.0.1:8444}\n"
            "providers: {lambda: {key_file: " +
            path + "/key, max_machines: 16}}\n" +
            "pools:\n  h100:\n    nodes: h100-[001-002]\n"
            "    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB}\n"
            "    offers: [{provider: lambda}]\n"
            "policy:\n  partitions: {gpu: {after: 10m}}\n  limits: {machines: 64}\n"));
  }

  // `environment` stands before the program, as in a shell.
  [[nodiscard]] Ran run(const std::string& arguments, const std::string& environment = "") const {
    const char* build = std::getenv("SPILLWAY_BUILD_DIR");
    if (build == nullptr) fail_msg("SPILLWAY_BUILD_DIR is not set");
    const std::string command = environment + " " + std::string(build) + "/bin/spillway --config " +
                                config + " " + arguments + " 2>&1 </dev/null";
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) fail_msg("%s: cannot be run", command.c_str());
    Ran ran;
    char part[4096];
    for (std::size_t size = 0; (size = fread(part, 1, sizeof part, pipe)) > 0;)
      ran.text.append(part, size);
    const int status = pclose(pipe);
    if (WIFEXITED(status)) ran.code = WEXITSTATUS(status);
    return ran;
  }

  [[nodiscard]] std::unique_ptr<Ledger> open() const {
    auto opened = Ledger::open(ledger, Ledger::Access::kReadWrite);
    if (!opened) fail_msg("%s", opened.error().message.c_str());
    return *std::move(opened);
  }

  TemporaryFolder folder;
  std::string config = folder.file("spillway.yaml");
  std::string ledger = folder.file("ledger.db");
};

inline void expect_ran(const Ran& ran, int code, const std::string& words) {
  if (ran.code == code && ran.text.find(words) != std::string::npos) return;
  fail_msg("exit code %d, said\n%sinstead of %d and\n%s",
           ran.code,
           ran.text.c_str(),
           code,
           words.c_str());
}

inline Json json_of(const Ran& ran) {
  auto json = Json::parse(ran.text, "spillway");
  if (!json) fail_msg("%s:\n%s", json.error().message.c_str(), ran.text.c_str());
  return *json;
}

}  // namespace spillway
