// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is the account usable as configured? Judges what Voltage Park lists; pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "lib/money.h"
#include "lib/result.h"
#include "providers/provider.h"
#include "providers/voltage-park/answer.h"

namespace spillway {

struct VoltageParkAccount {
  std::vector<VoltageParkSshKey> ssh_keys;
  std::vector<std::string> locations;
  std::vector<std::string> systems;  // that VMs can boot
  std::optional<Money> hourly_rate;  // of all that runs now, when the cloud tells it
};

// The id of the key that the setting `ssh_key` means, by its id or its name; the setting itself
// when it is empty or "all". Errors: kInvalid.
[[nodiscard]] Result<std::string> find_voltage_park_ssh_key(
    const std::string& setting, const std::vector<VoltageParkSshKey>& keys);

// REQUIRES: Voltage Park accepted the key.
[[nodiscard]] std::vector<AccountFinding> check_voltage_park_account(
    const ProviderConfig& config, const VoltageParkAccount& account);

}  // namespace spillway
