// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the power-save programs are: slurmctld calls one, it notes the call in the ledger, wakes the
// broker and ends. slurmctld kills what lingers, gives no PATH, no HOME and perhaps no standard
// descriptors, and takes the resume file away soon (docs/slurm-facts.md, "How slurmctld runs our
// programs"), so nothing else is done here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/books.h"

namespace spillway {

// What the arguments say. Slurm puts the host list last, and perhaps arguments of its own before.
struct PowerCallArguments {
  std::string config = "/etc/spillway/spillway.yaml";
  std::string nodes;         // empty: none was given
  bool resume_fail = false;  // --resume-fail
};
[[nodiscard]] PowerCallArguments read_power_call_arguments(
    const std::vector<std::string_view>& arguments);

// The ledger's path in the text of spillway.yaml; nothing when it does not say. A text that the
// broker would refuse still tells, as long as its line `ledger:` can be read.
[[nodiscard]] std::optional<std::string> find_ledger_path(std::string_view yaml);

// Runs the program `name` to its end; gives its exit status. 0: the call is in the ledger. 1: it is
// not, and one line in syslog (and on a terminal) says so. A missing resume file is a warning.
[[nodiscard]] int run_power_call(RequestKind kind, const char* name, int argc, char** argv);

}  // namespace spillway
