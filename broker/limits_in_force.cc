// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/limits_in_force.h"

#include <string>

#include "core/settings.h"
#include "lib/log.h"

namespace spillway {
namespace {

void say_limits(const Config& file, const Settings& settings) {
  if (settings.empty()) return log_info("broker: limits are as spillway.yaml says");
  for (const auto& [name, setting] : settings) {
    const auto in_file = format_limit(file, name);
    log_info("broker: " + name + " is " + setting.value + ", set by " + setting.set_by + "; " +
             (in_file.empty() ? "spillway.yaml has no such key: without effect"
                              : "spillway.yaml says " + in_file));
  }
}

}  // namespace

const Config& LimitsInForce::with(const Settings& settings, TimePoint now) {
  if (settings != settings_) {
    say_limits(file_, settings);
    settings_ = settings;
    config_.reset();
    if (!settings.empty()) config_ = apply_settings(file_, settings, now);
  }
  return config_ ? *config_ : file_;
}

}  // namespace spillway
