// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway check`, and what `spillway doctor` shares with it: is everything in place? Each finding
// is ok, a warning or a failure, and says what to do.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/slurm_conf.h"
#include "core/catalog.h"
#include "core/config.h"
#include "lib/json.h"
#include "lib/result.h"
#include "lib/time.h"
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
  std::function<bool(const std::string& name)> program;     // is it installed?
};
[[nodiscard]] HostLook look_at_this_host();

[[nodiscard]] std::vector<CheckLine> check_config(const Config& config);
[[nodiscard]] std::vector<CheckLine> check_catalog(const Result<Catalog>& catalog, TimePoint now);
[[nodiscard]] std::vector<CheckLine> check_files(const Config& config, const HostLook& look);
// Of the VPN, where there is one.
[[nodiscard]] std::vector<CheckLine> check_vpn(const Config& config, const HostLook& look);
[[nodiscard]] std::vector<CheckLine> check_slurm(const std::vector<FitFinding>& findings);
// What the driver finds about the account, or why it cannot, with the cure.
[[nodiscard]] std::vector<CheckLine> check_account(
    const ProviderConfig& provider, const Result<std::vector<AccountFinding>>& findings);
// The provider's error, and what an admin can do about it.
[[nodiscard]] std::string with_cure(const Error& error, const ProviderConfig& provider);

[[nodiscard]] CheckLevel worst_of(const std::vector<CheckLine>& lines);
[[nodiscard]] std::string check_screen(const std::vector<CheckLine>& lines, bool colours);
[[nodiscard]] Json check_json(const std::vector<CheckLine>& lines);
// The lines of check_json's text. Errors: kInvalid.
[[nodiscard]] Result<std::vector<CheckLine>> parse_check_json(std::string_view text);

}  // namespace spillway
