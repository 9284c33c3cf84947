// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/log.h"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <syslog.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "lib/text.h"

namespace spillway {
namespace {

// journald and rsyslog cut longer lines.
constexpr std::size_t kLineLimit = 8'000;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::shared_ptr<spdlog::sinks::sink> make_stderr_sink() {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  return sink;
}

std::shared_ptr<spdlog::logger> make_logger(const std::string& program,
                                            std::vector<spdlog::sink_ptr> sinks,
                                            LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>(program, sinks.begin(), sinks.end());
  logger->set_level(spdlog_level(level));
  // A log that cannot be written must not speak on stderr, as spdlog's handler would.
  logger->set_error_handler([](const std::string&) {});
  return logger;
}

std::shared_ptr<spdlog::logger>& current_logger() {
  static std::shared_ptr<spdlog::logger> logger =
      make_logger("spillway", {make_stderr_sink()}, LogLevel::kWarning);
  return logger;
}

// slurmctld starts the power-save programs with descriptors 0 to 2 closed. Without this the next
// file would become "stderr", and a stray line would land in it.
void occupy_standard_descriptors() {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) != -1) continue;
    const int opened = ::open("/dev/null", O_RDWR);  // the lowest free number: this one
    if (opened > STDERR_FILENO) (void)::close(opened);
  }
}

}  // namespace

void start_log(const std::string& program, LogLevel level, bool to_stderr) {
  occupy_standard_descriptors();
  std::vector<spdlog::sink_ptr> sinks;
  sinks.push_back(
      std::make_shared<spdlog::sinks::syslog_sink_mt>(program, LOG_PID, LOG_DAEMON, false));
  if (to_stderr) sinks.push_back(make_stderr_sink());
  current_logger() = make_logger(program, std::move(sinks), level);
}

void silence_log() {
  current_logger()->set_level(spdlog::level::off);
}

void log_line(LogLevel level, std::string_view line) {
  spdlog::logger& logger = *current_logger();
  if (!logger.should_log(spdlog_level(level))) return;
  const std::string shown = printable(line, kLineLimit);
  logger.log(spdlog_level(level), spdlog::string_view_t(shown.data(), shown.size()));
}

}  // namespace spillway
