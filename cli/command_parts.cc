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

}  // namespace spillway
