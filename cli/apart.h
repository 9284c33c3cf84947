// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asking where the asked may end the process: libslurm does, over troubles that are to be told
// here.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "lib/result.h"

namespace spillway {

// Runs `say` in a process of its own and gives the one line that it said. Errors: kIo, with the
// last words of a process that ended without an answer, or when there is none after `patience`.
[[nodiscard]] Result<std::string> say_apart(const std::function<std::string()>& say,
                                            std::chrono::seconds patience);

}  // namespace spillway
