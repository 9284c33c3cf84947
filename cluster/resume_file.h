// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Slurm writes for ResumeProgram (SLURM_RESUME_FILE), in all shapes since 22.05.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result.h"

namespace spillway {

struct ResumeJob {
  std::uint32_t id = 0;
  std::vector<std::string> nodes;        // to be resumed in this call, and ours (see below)
  std::vector<std::string> nodes_alloc;  // all nodes of the job; empty when Slurm did not say
};

// Reads the file's text. 22.05 calls the keys "nodes" and "all_nodes", 23.02 and later
// "nodes_resume" and "all_nodes_resume"; unknown keys are ignored, nulls are absent. A job's nodes
// are cut down to `called_nodes` (the program's argument): 26.05 lists other actions' nodes too.
// Jobs without a node left are dropped. An empty text is no jobs. Errors: kInvalid.
// Source: docs/slurm-facts.md "The resume file".
[[nodiscard]] Result<std::vector<ResumeJob>> parse_resume_file(
    std::string_view text, const std::vector<std::string>& called_nodes);

}  // namespace spillway
