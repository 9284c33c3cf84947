// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command_parts.h"

#include <cstdio>

#include "lib/file.h"

namespace spillway {

void print(const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), stdout);  // a closed pipe is the reader's choice
  (void)std::fflush(stdout);
}

void complain(const std::string& text) {
  const std::string line = "spillway: " + text + "\n";
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

Result<Config> load_config(const CommonOptions& common) {
  const auto text = read_file(common.config);
  if (!text) return text.error().within("configuration");
  return parse_config(*text, common.config);
}

Result<std::unique_ptr<Ledger>> open_ledger(const Config& config) {
  auto ledger = Ledger::open(config.ledger, Ledger::Access::kReadOnly);
  if (ledger || ledger.error().code != ErrorCode::kNotFound) return ledger;
  Error error = ledger.error();
  error.message += ": spillwayd makes the ledger when it first starts";
  return error;
}

Result<std::unique_ptr<Ledger>> open_ledger_for_writing(const Config& config) {
  auto ledger = open_ledger(config);
  if (ledger) ledger = Ledger::open(config.ledger, Ledger::Access::kReadWrite);
  if (ledger || ledger.error().code != ErrorCode::kIo) return ledger;
  return ledger.error().within("run this as the user that runs spillwayd");
}

int exit_code_of(CheckLevel worst) {
  switch (worst) {
    case CheckLevel::kOk:
      return kExitOk;
    case CheckLevel::kWarning:
      return kExitWarnings;
    case CheckLevel::kFailure:
      break;
  }
  return kExitFailure;
}

int show_lines(const std::vector<CheckLine>& lines, const CommonOptions& common) {
  print(common.json ? check_json(lines).dump_indented() : check_screen(lines, common.colours));
  return exit_code_of(worst_of(lines));
}

}  // namespace spillway
