// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway set`: the limits in force, what the file says, and who set what.
#pragma once

#include <string>

#include "core/books.h"
#include "core/config.h"
#include "lib/json.h"
#include "lib/time.h"

namespace spillway {

struct SettingsInput {
  const Config& config;      // as the file says
  const Settings& settings;  // in the ledger
  TimePoint now;
};

// Everything that can be set, a row each, and settings that the file no longer has a place for.
[[nodiscard]] std::string settings_screen(const SettingsInput& input, bool colours);
[[nodiscard]] Json settings_json(const SettingsInput& input);

// "set by ada until 18:00; file says 64".
[[nodiscard]] std::string setting_words(const Config& config,
                                        const Setting& setting,
                                        TimePoint now);

// The event that tells who changed what: `setting` was set, or taken back.
[[nodiscard]] Event set_event(const Config& config, const Setting& setting);
[[nodiscard]] Event default_event(const Config& config,
                                  const Setting& setting,
                                  const std::string& by,
                                  TimePoint now);

}  // namespace spillway
