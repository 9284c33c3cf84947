// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which nodes has Slurm given to a job? ResumeProgram may be called for some of them only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/plan.h"

namespace spillway {

// All nodes of the job that the request is for: as Slurm shows them, when it was read after the
// request came (none when the job no longer comes up), else as the resume file names them. Nothing:
// neither tells.
[[nodiscard]] std::optional<std::vector<std::string>> find_allocation(const Request& request,
                                                                      const ParsedRequest& parsed,
                                                                      const SlurmView* slurm,
                                                                      std::uint32_t job);

// The job that the node is for: as the resume file says, else as Slurm shows its allocations, when
// it was read after the request came. 0 for a node that was powered up by hand. Nothing: not known.
[[nodiscard]] std::optional<std::uint32_t> find_job(const std::string& node,
                                                    const Request& request,
                                                    const ParsedRequest& parsed,
                                                    const SlurmView* slurm);

}  // namespace spillway
