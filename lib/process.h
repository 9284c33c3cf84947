// SPDX-License-Identifier: GPL-2.0-or-later
//
// Running another program to its end.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/result.h"

namespace spillway {

// The program's file, from PATH and the system's folders of programs; empty when there is none.
[[nodiscard]] std::string find_program(const std::string& name);

// Runs `words[0]`, looked up as find_program does, with the other words as
// its arguments, without input; gives what it printed, errors too, up to 64 KiB. It inherits our
// environment and no descriptor. Ended by force after `patience`.
// Errors: kNotFound (no such program), kIo (it failed: the message ends with its last line).
[[nodiscard]] Result<std::string> run_program(
    const std::vector<std::string>& words,
    std::chrono::milliseconds patience = std::chrono::seconds(10));

}  // namespace spillway
