// SPDX-License-Identifier: GPL-2.0-or-later
//
// Settings: limits that an admin changes while the broker runs, over what spillway.yaml says. Each
// bears the path of its key in the file ("policy.limits.machines") and a value in the file's own
// grammar, or "none", which lifts the limit.
#pragma once

#include <string>
#include <vector>

#include "core/books.h"
#include "core/config.h"
#include "core/draft.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

inline constexpr const char* kNoLimit = "none";

// Everything that can be set, in the order of the file.
[[nodiscard]] std::vector<std::string> setting_names(const Config& config);

// Errors: kInvalid, "name: what was found: what would be right".
[[nodiscard]] Status check_setting(const Config& config,
                                   const std::string& name,
                                   const std::string& value);

// What `config` says at `name`, for people: "64", "400.00", or "none". Empty for a name that it
// does not know.
[[nodiscard]] std::string format_limit(const Config& config, const std::string& name);

[[nodiscard]] bool is_in_force(const Setting& setting, TimePoint now);

// `config` with what is in force at `now`. A setting that check_setting would refuse, as that of a
// provider which was taken out of the file, changes nothing.
[[nodiscard]] Config apply_settings(Config config, const Settings& settings, TimePoint now);

// Drops the settings whose time is over, and says so.
void drop_ended_settings(Draft& draft);

// Forgets the cool-downs of the providers that an admin wants to be tried again, offers' and
// account's alike, and says so.
void answer_retries(Draft& draft);

}  // namespace spillway
