// SPDX-License-Identifier: GPL-2.0-or-later
//
// Running another program to its end.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/result.h"

namespace spillway {

// Runs `words[0]`, looked up in PATH and the system's folders of programs, with the other words as
// its arguments, without input; gives what it printed, errors too, up to 64 KiB. It inherits our
// environment and no descriptor. Ended by force after `patience`.
// Errors: kNotFound (no such program), kIo (it failed: the message ends with its last line).
[[nodiscard]] Result<std::string> run_program(
    const std::vector<std::string>& words,
    std::chrono::milliseconds patience = std::chrono::seconds(10));

}  // namespace spillway
