// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line an event, "room: what happened key=value ...", to syslog, and to stderr when a person
// started the program by hand. error = somebody must act; warning = it healed itself, but look;
// info = a machine's birth and death; debug = requests and answers, keys struck out.
#pragma once

#include <string>
#include <string_view>

namespace spillway {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Starts the program's log under `program`'s name. Lines below `level` are dropped. `to_stderr`
// adds stderr to syslog. Without a call, lines from kWarning up go to stderr.
void start_log(const std::string& program, LogLevel level, bool to_stderr);

// Drops all lines from now on: for simulations, which keep a history of their own.
void silence_log();

void log_line(LogLevel level, std::string_view line);
inline void log_debug(std::string_view line) {
  log_line(LogLevel::kDebug, line);
}
inline void log_info(std::string_view line) {
  log_line(LogLevel::kInfo, line);
}
inline void log_warning(std::string_view line) {
  log_line(LogLevel::kWarning, line);
}
inline void log_error(std::string_view line) {
  log_line(LogLevel::kError, line);
}

}  // namespace spillway
