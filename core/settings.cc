// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/settings.h"

#include <optional>
#include <utility>

#include "core/config_values.h"
#include "lib/text.h"
#include "lib/yaml.h"

namespace spillway {
namespace {

// Calls `visit(name, limit, read)` for each limit of the configuration: an optional number or
// money, and what reads it from the file.
template <typename AnyConfig, typename Visit>
void visit_limits(AnyConfig& config, const Visit& visit) {
  auto& policy = config.policy;
  visit("policy.max_price_per_gpu_hour", policy.max_price_per_gpu_hour, read_price);
  visit("policy.limits.machines", policy.limits.machines, read_machine_limit);
  visit("policy.limits.spend_per_hour", policy.limits.spend_per_hour, read_money_limit);
  visit("policy.limits.spend_per_month", policy.limits.spend_per_month, read_money_limit);
  for (auto& provider : config.providers) {
    const auto path = "providers." + provider.name;
    visit(path + ".max_machines", provider.max_machines, read_machine_limit);
    visit(path + ".max_spend_per_hour", provider.max_spend_per_hour, read_money_limit);
  }
}

// What the text would be if it stood in the file, without quotes.
template <typename Limit>
Status read_limit(const std::string& value,
                  Limit& limit,
                  Result<typename Limit::value_type> (*read)(const YamlNode&)) {
  if (value == kNoLimit) {
    limit.reset();
    return {};
  }
  YamlNode node;
  node.scalar = value;
  const auto number = read(node);
  if (!number) {
    auto error = number.error();
    error.message += "; or none, which lifts the limit";
    return error;
  }
  limit = *number;
  return {};
}

std::string format_value(const std::optional<int>& limit) {
  return limit ? std::to_string(*limit) : kNoLimit;
}

std::string format_value(const std::optional<Money>& limit) {
  return limit ? format_money(*limit) : kNoLimit;
}

Error unknown_name(const Config& config, const std::string& name) {
  const auto known = setting_names(config);
  const auto near = closest(name, known);
  return Error{ErrorCode::kInvalid,
               printable(name, 120) + ": not to be set: " +
                   (near ? "did you mean " + *near + "? " : "") + "there are " + join(known, ", "),
               {}};
}

// Errors: kInvalid; kNotFound when no limit has that name. On an error nothing was changed.
Status apply(Config& config, const std::string& name, const std::string& value) {
  std::optional<Status> applied;
  visit_limits(config, [&](const std::string& each, auto& limit, auto* read) {
    if (each == name) applied = read_limit(value, limit, read);
  });
  if (applied) return *applied;
  return Error{ErrorCode::kNotFound, name, {}};
}

}  // namespace

std::vector<std::string> setting_names(const Config& config) {
  std::vector<std::string> names;
  visit_limits(config, [&](const std::string& name, const auto&, auto*) { names.push_back(name); });
  return names;
}

Status check_setting(const Config& config, const std::string& name, const std::string& value) {
  Config tried;
  tried.providers = config.providers;
  const auto applied = apply(tried, name, value);
  if (applied) return {};
  if (applied.error().code == ErrorCode::kNotFound) return unknown_name(config, name);
  return applied.error().within(name);
}

std::string format_limit(const Config& config, const std::string& name) {
  std::string text;
  visit_limits(config, [&](const std::string& each, const auto& limit, auto*) {
    if (each == name) text = format_value(limit);
  });
  return text;
}

bool is_in_force(const Setting& setting, TimePoint now) {
  return !setting.until || *setting.until > now;
}

Config apply_settings(Config config, const Settings& settings, TimePoint now) {
  for (const auto& [name, setting] : settings) {
    if (is_in_force(setting, now)) (void)static_cast<bool>(apply(config, name, setting.value));
  }
  return config;
}

void drop_ended_settings(Draft& draft) {
  const auto settings = draft.books().settings;
  for (const auto& [name, setting] : settings) {
    if (is_in_force(setting, draft.now())) continue;
    draft.drop(setting);
    Event event;
    event.kind = "set";
    event.text = name + " is as spillway.yaml says again: the time of " + setting.value +
                 ", set by " + setting.set_by + ", is over";
    draft.say(std::move(event));
  }
}

void answer_retries(Draft& draft) {
  const auto retries = draft.books().retries;
  for (const auto& [id, retry] : retries) {
    std::vector<std::string> dropped;
    const auto cooldowns = draft.books().cooldowns;
    for (const auto& [offer, cooldown] : cooldowns) {
      if (offer.provider != retry.provider) continue;
      draft.drop_cooldown(offer);
      dropped.push_back(format_offer_id(offer));
    }
    draft.close(retry);
    Event event;
    event.kind = "retry";
    event.text = retry.provider + " is tried again, as " + retry.asked_by + " asked: " +
                 (dropped.empty() ? "nothing was cooling down"
                                  : "forgot the refusals of " + join(dropped, ", "));
    draft.say(std::move(event));
  }
}

}  // namespace spillway
