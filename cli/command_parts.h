// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the commands share: where words go, and what they stand on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/check.h"
#include "cli/commands.h"
#include "core/config.h"
#include "ledger/ledger.h"
#include "lib/result.h"

namespace spillway {

void print(const std::string& text);     // to stdout, at once
void complain(const std::string& text);  // to stderr, one line under our name

// Errors: kNotFound, kIo; kInvalid, one line a finding.
[[nodiscard]] Result<Config> load_config(const CommonOptions& common);

// For reading. Errors: those of Ledger::open; kNotFound says who makes it.
[[nodiscard]] Result<std::unique_ptr<Ledger>> open_ledger(const Config& config);

// For writing; never makes one, nor brings an older one forward: that is the broker's.
[[nodiscard]] Result<std::unique_ptr<Ledger>> open_ledger_for_writing(const Config& config);

[[nodiscard]] int exit_code_of(CheckLevel worst);
// Prints what was found, and gives the exit code for the worst of it.
[[nodiscard]] int show_lines(const std::vector<CheckLine>& lines, const CommonOptions& common);

}  // namespace spillway
