// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway check`: is everything in place? Each finding is ok, a warning or a failure, and says
// what to do.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cluster/slurm_conf.h"
#include "core/config.h"
#include "lib/json.h"
#include "lib/result.h"
#include "providers/provider.h"

namespace spillway {

enum class CheckLevel { kOk, kWarning, kFailure };

struct CheckLine {
  CheckLevel level = CheckLevel::kOk;
  std::string topic;  // "config", "files", "slurm", or a provider's name
  std::string text;
};

// What of this host the check looks at; tests put their own in.
struct HostLook {
  std::function<Status(const std::string& path)> secret;    // a private file of one line
  std::function<Status(const std::string& path)> readable;  // a file that can be read
  std::function<Status(const std::string& path)> writable;  // a folder that files can be made in
};
[[nodiscard]] HostLook look_at_this_host();

[[nodiscard]] std::vector<CheckLine> check_config(const Config& config);
[[nodiscard]] std::vector<CheckLine> check_files(const Config& config, const HostLook& look);
[[nodiscard]] std::vector<CheckLine> check_slurm(const std::vector<FitFinding>& findings);
[[nodiscard]] std::vector<CheckLine> check_account(
    const std::string& provider, const Result<std::vector<AccountFinding>>& findings);

[[nodiscard]] CheckLevel worst_of(const std::vector<CheckLine>& lines);
[[nodiscard]] std::string check_screen(const std::vector<CheckLine>& lines, bool colours);
[[nodiscard]] Json check_json(const std::vector<CheckLine>& lines);

}  // namespace spillway
