// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <map>
#include <string>

#include "broker/daemon.h"
#include "core/config.h"
#include "lib/file.h"
#include "lib/log.h"

namespace spillway {
namespace {

constexpr int kFailed = 1;
constexpr int kBadConfiguration = 2;

int run(const std::string& config_file, LogLevel level, bool to_stderr) {
  start_log("spillwayd", level, to_stderr || ::isatty(STDERR_FILENO) == 1);
  const auto text = read_file(config_file);
  if (!text) {
    log_error("spillwayd: " + text.error().message);
    return kBadConfiguration;
  }
  const auto config = parse_config(*text, config_file);
  if (!config) {
    log_error("spillwayd: configuration refused:\n" + config.error().message);
    return kBadConfiguration;
  }
  const auto ended = run_daemon(*config);
  if (ended) return 0;
  log_error("spillwayd: " + ended.error().message);
  return kFailed;
}

}  // namespace
}  // namespace spillway

int main(int argc, char** argv) try {
  using spillway::LogLevel;
  CLI::App app{
      "spillwayd: the broker of Spillway. Watches Slurm's queue, rents machines when it backs up, "
      "gives them back when they are idle.\nRuns in the foreground; see spillwayd(8)."};
  std::string config_file = "/etc/spillway/spillway.yaml";
  auto level = LogLevel::kInfo;
  bool to_stderr = false;
  const std::map<std::string, LogLevel> levels = {{"debug", LogLevel::kDebug},
                                                  {"info", LogLevel::kInfo},
                                                  {"warning", LogLevel::kWarning},
                                                  {"error", LogLevel::kError}};
  app.add_option("--config", config_file, "the configuration")->capture_default_str();
  app.add_option("--log-level", level, "what is logged: debug, info, warning or error")
      ->transform(CLI::CheckedTransformer(levels, CLI::ignore_case));
  app.add_flag("--stderr", to_stderr, "log to stderr as well as to syslog");
  app.set_version_flag("--version", "spillwayd " SPILLWAY_VERSION);
  CLI11_PARSE(app, argc, argv);
  return spillway::run(config_file, level, to_stderr);
} catch (const std::exception& error) {
  // Only memory that has run out, or a library's bug: systemd starts us again.
  std::cerr << "spillwayd: " << error.what() << "\n";
  return spillway::kFailed;
}
