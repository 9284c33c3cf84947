// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/settings.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/clock.h"
#include "cli/table.h"
#include "core/settings.h"

namespace spillway {
namespace {

std::vector<std::string> all_names(const SettingsInput& input) {
  auto names = setting_names(input.config);
  for (const auto& [name, setting] : input.settings) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

// The setting by that name, if it is in force.
const Setting* find_setting(const SettingsInput& input, const std::string& name) {
  const auto found = input.settings.find(name);
  const bool is_found = found != input.settings.end() && is_in_force(found->second, input.now);
  return is_found ? &found->second : nullptr;
}

std::string file_words(const Config& config, const std::string& name) {
  const auto limit = format_limit(config, name);
  return limit.empty() ? "file has no such key: without effect" : "file says " + limit;
}

std::vector<Cell> setting_row(const SettingsInput& input,
                              const Config& in_force,
                              const std::string& name) {
  const auto in_file = format_limit(input.config, name);
  const Setting* setting = find_setting(input, name);
  if (setting == nullptr) return {name, in_file, in_file};
  if (in_file.empty()) return {name, "-", "-", setting->set_by, "without effect"};
  return {name,
          Cell(format_limit(in_force, name), Tint::kWarning),
          in_file,
          setting->set_by,
          format_ago(setting->set_at, input.now),
          setting->until ? format_clock(*setting->until, input.now) : "set otherwise"};
}

Json setting_json(const SettingsInput& input, const Config& in_force, const std::string& name) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? Json::null() : Json::of(text);
  };
  const Setting* setting = find_setting(input, name);
  const bool ends = setting != nullptr && setting->until.has_value();
  Json json = Json::object();
  json.set("name", name).set("in_force", or_null(format_limit(in_force, name)));
  json.set("file_says", or_null(format_limit(input.config, name)));
  json.set("is_set", setting != nullptr);
  json.set("set_by", setting == nullptr ? Json::null() : Json::of(setting->set_by));
  json.set("set_at", setting == nullptr ? Json::null() : Json::of(format_time(setting->set_at)));
  json.set("until", ends ? Json::of(format_time(*setting->until)) : Json::null());
  return json;
}

Event event_of(TimePoint at, std::string text, const Json& details) {
  Event event;
  event.at = at;
  event.kind = "set";
  event.text = std::move(text);
  event.details = details.dump();
  return event;
}

}  // namespace

std::string settings_screen(const SettingsInput& input, bool colours) {
  const auto in_force = apply_settings(input.config, input.settings, input.now);
  Table table({{"NAME"},
               {"IN FORCE", Align::kRight},
               {"FILE SAYS", Align::kRight},
               {"SET BY"},
               {"SET"},
               {"UNTIL"}});
  for (const auto& name : all_names(input))
    table.add_row(setting_row(input, in_force, name));
  return table.text(colours);
}

Json settings_json(const SettingsInput& input) {
  const auto in_force = apply_settings(input.config, input.settings, input.now);
  Json list = Json::array();
  for (const auto& name : all_names(input))
    list.append(setting_json(input, in_force, name));
  return list;
}

std::string setting_words(const Config& config, const Setting& setting, TimePoint now) {
  const auto until = setting.until ? " until " + format_clock(*setting.until, now) : "";
  return "set by " + setting.set_by + until + "; " + file_words(config, setting.name);
}

Event set_event(const Config& config, const Setting& setting) {
  const auto until = setting.until ? " until " + format_time(*setting.until) : "";
  Json details = Json::object();
  details.set("name", setting.name).set("value", setting.value).set("by", setting.set_by);
  details.set("until", setting.until ? Json::of(format_time(*setting.until)) : Json::null());
  return event_of(setting.set_at,
                  setting.set_by + " set " + setting.name + " to " + setting.value + until + "; " +
                      file_words(config, setting.name),
                  details);
}

Event default_event(const Config& config,
                    const Setting& setting,
                    const std::string& by,
                    TimePoint now) {
  Json details = Json::object();
  details.set("name", setting.name).set("value", Json::null()).set("by", by);
  return event_of(now,
                  by + " took back " + setting.name + ", which " + setting.set_by + " had set to " +
                      setting.value + "; " + file_words(config, setting.name),
                  details);
}

}  // namespace spillway
