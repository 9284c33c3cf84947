// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway set` and `spillway retry`: what an admin wants of a broker that runs. They write into
// the ledger and ring the broker's bell; the broker does the rest in its next turn.
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "cli/caller.h"
#include "cli/command_parts.h"
#include "cli/cooldown_words.h"
#include "cli/settings.h"
#include "cli/status.h"
#include "core/settings.h"
#include "ledger/wake.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr const char* kAsTheFile = "default";

int fail(const Error& error, int code) {
  complain(error.message);
  return code;
}

// How long a setting holds. Errors: kInvalid.
Result<std::optional<TimePoint>> read_until(const SetOptions& options, TimePoint now) {
  if (options.duration.empty()) return std::optional<TimePoint>();
  const auto duration = parse_duration(options.duration);
  if (duration && duration->count() > 0) return std::optional(now + *duration);
  return Error{ErrorCode::kInvalid,
               "--for: found \"" + printable(options.duration, 80) +
                   "\": a time above zero with its unit belongs here: s, m, h or d, as in 90m, 2h",
               {}};
}

// The command line alone, before anything is opened. Errors: kInvalid.
Status check_words(const Config& config, const SetOptions& options) {
  const auto wrong = [](const std::string& why) { return Error{ErrorCode::kInvalid, why, {}}; };
  if (options.name.empty()) return {};
  if (options.value.empty()) {
    return wrong(options.name + ": say what: a value, none (no limit) or default (as the file)");
  }
  if (options.value == kAsTheFile) {
    if (options.duration.empty()) return {};
    return wrong("--for: default holds for good: leave --for away");
  }
  return check_setting(config, options.name, options.value);
}

std::string broker_words(Ledger& ledger, TimePoint now) {
  const auto leader = ledger.leader();
  if (leader && is_led(*leader, now)) return "";
  return "no broker leads: this holds once spillwayd runs\n";
}

int show_settings(const CommonOptions& common, const Config& config, Ledger& ledger) {
  const auto settings = ledger.settings();
  if (!settings) return fail(settings.error(), kExitFailure);
  const SettingsInput input{config, *settings, SystemClock().now()};
  print(common.json ? settings_json(input).dump_indented()
                    : settings_screen(input, common.colours));
  return kExitOk;
}

// Commits, wakes the broker, and tells what holds now.
int make_it_so(const CommonOptions& common,
               const Config& config,
               Ledger& ledger,
               const Changes& changes,
               const std::string& words) {
  if (const auto committed = ledger.commit(changes); !committed) {
    return fail(committed.error(), kExitFailure);
  }
  wake_broker(config.ledger);
  if (common.json) return show_settings(common, config, ledger);
  print(words + "\n" + broker_words(ledger, SystemClock().now()));
  return kExitOk;
}

int take_back(const CommonOptions& common,
              const Config& config,
              Ledger& ledger,
              const std::string& name) {
  const auto settings = ledger.settings();
  if (!settings) return fail(settings.error(), kExitFailure);
  const auto in_file = format_limit(config, name);
  const auto found = settings->find(name);
  if (found == settings->end()) {
    if (in_file.empty()) return fail(check_setting(config, name, kNoLimit).error(), kExitUsage);
    return make_it_so(
        common, config, ledger, {}, name + " was not set: it is " + in_file + ", as the file says");
  }
  Changes changes;
  changes.dropped_settings = {found->second};
  changes.events = {default_event(config, found->second, caller_name(), SystemClock().now())};
  return make_it_so(
      common,
      config,
      ledger,
      changes,
      name + " is " + (in_file.empty() ? "forgotten" : in_file + ", as the file says"));
}

std::string retry_words(const Books& books, const std::string& provider, TimePoint now) {
  std::string words;
  for (const auto& [offer, cooldown] : books.cooldowns) {
    if (offer.provider != provider || cooldown.until <= now) continue;
    words += "forgets: " + format_offer_id(offer) + ", " + again_words(cooldown, now) + ": " +
             printable(cooldown.reason, 300) + "\n";
  }
  return words.empty() ? "nothing was cooling down at " + provider + "\n" : words;
}

Json retry_json(const Books& books, const Retry& retry) {
  Json forgets = Json::array();
  for (const auto& [offer, cooldown] : books.cooldowns) {
    if (offer.provider != retry.provider || cooldown.until <= retry.asked_at) continue;
    Json json = Json::object();
    json.set("region", offer.region).set("type", offer.type).set("fabric", offer.fabric);
    json.set("refusals", cooldown.refusals).set("until", format_time(cooldown.until));
    json.set("needs_admin", cooldown.needs_admin).set("reason", cooldown.reason);
    forgets.append(json);
  }
  Json json = Json::object();
  json.set("provider", retry.provider).set("asked_by", retry.asked_by);
  json.set("asked_at", format_time(retry.asked_at)).set("forgets", forgets);
  return json;
}

}  // namespace

int run_set(const CommonOptions& common, const SetOptions& options) {
  const auto config = load_config(common);
  if (!config) return fail(config.error(), kExitUsage);
  const TimePoint now = SystemClock().now();
  const auto until = read_until(options, now);
  if (!until) return fail(until.error(), kExitUsage);
  if (const auto good = check_words(*config, options); !good) {
    return fail(good.error(), kExitUsage);
  }
  const bool writes = !options.name.empty();
  const auto ledger = writes ? open_ledger_for_writing(*config) : open_ledger(*config);
  if (!ledger) return fail(ledger.error(), kExitFailure);
  if (!writes) return show_settings(common, *config, **ledger);
  if (options.value == kAsTheFile) return take_back(common, *config, **ledger, options.name);
  const Setting setting{options.name, options.value, caller_name(), now, *until};
  Changes changes;
  changes.settings = {setting};
  changes.events = {set_event(*config, setting)};
  return make_it_so(
      common,
      *config,
      **ledger,
      changes,
      setting.name + " is " + setting.value + ", " + setting_words(*config, setting, now));
}

int run_retry(const CommonOptions& common, const RetryOptions& options) {
  const auto config = load_config(common);
  if (!config) return fail(config.error(), kExitUsage);
  if (config->find_provider(options.provider) == nullptr) {
    complain(printable(options.provider, 80) + " is not configured in " + common.config);
    return kExitUsage;
  }
  const auto ledger = open_ledger_for_writing(*config);
  if (!ledger) return fail(ledger.error(), kExitFailure);
  const auto books = (*ledger)->load();
  if (!books) return fail(books.error(), kExitFailure);
  const Retry retry{0, options.provider, caller_name(), SystemClock().now()};
  Event event;
  event.at = retry.asked_at;
  event.kind = "retry";
  event.text = retry.asked_by + " asks that " + retry.provider + " is tried again";
  Changes changes;
  changes.retries = {retry};
  changes.events = {event};
  if (const auto committed = (*ledger)->commit(changes); !committed) {
    return fail(committed.error(), kExitFailure);
  }
  wake_broker(config->ledger);
  print(common.json ? retry_json(*books, retry).dump_indented()
                    : retry_words(*books, retry.provider, retry.asked_at) +
                          broker_words(**ledger, retry.asked_at));
  return kExitOk;
}

}  // namespace spillway
