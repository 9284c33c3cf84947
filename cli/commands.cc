// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <thread>

#include "cli/ask_providers.h"
#include "cli/bill.h"
#include "cli/check.h"
#include "cli/events.h"
#include "cli/offers.h"
#include "cli/status.h"
#include "cluster/slurm_conf.h"
#include "core/catalog.h"
#include "core/config.h"
#include "ledger/ledger.h"
#include "lib/file.h"
#include "lib/text.h"
#include "lib/time.h"
#include "providers/catalog_file.h"
#include "providers/registry.h"

namespace spillway {
namespace {

constexpr int kEventsAtOnce = 1'000;
constexpr std::chrono::hours kAlertsOf{24};

void print(const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), stdout);  // a closed pipe is the reader's choice
  (void)std::fflush(stdout);
}

void complain(const std::string& text) {
  const std::string line = "spillway: " + text + "\n";
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

Result<Config> load_config(const CommonOptions& common) {
  const auto text = read_file(common.config);
  if (!text) return text.error().within("configuration");
  return parse_config(*text, common.config);
}

Result<std::unique_ptr<Ledger>> open_ledger(const Config& config) {
  auto ledger = Ledger::open(config.ledger, Ledger::Access::kReadOnly);
  if (ledger || ledger.error().code != ErrorCode::kNotFound) return ledger;
  Error error = ledger.error();
  error.message += ": spillwayd makes the ledger when it first starts";
  return error;
}

// What a command that reads the ledger stands on.
struct Opened {
  Config config;
  std::unique_ptr<Ledger> ledger;
};

// Says what is wrong and gives the exit code when something is.
int open_all(const CommonOptions& common, Opened& opened) {
  auto config = load_config(common);
  if (!config) {
    complain(config.error().message);
    return kExitUsage;
  }
  opened.config = std::move(*config);
  auto ledger = open_ledger(opened.config);
  if (!ledger) {
    complain(ledger.error().message);
    return kExitFailure;
  }
  opened.ledger = std::move(*ledger);
  return kExitOk;
}

int fail(const Error& error) {
  complain(error.message);
  return kExitFailure;
}

Result<std::vector<Event>> recent_alerts(Ledger& ledger, TimePoint now) {
  auto events = ledger.last_events(kEventsAtOnce);
  if (!events) return events;
  std::vector<Event> alerts;
  std::copy_if(events->begin(), events->end(), std::back_inserter(alerts), [&](const Event& event) {
    return event.kind == "alert" && now - event.at < kAlertsOf;
  });
  return alerts;
}

std::string find_slurm_conf(const SlurmOptions& options) {
  if (!options.slurm_conf.empty()) return options.slurm_conf;
  const char* from_environment = std::getenv("SLURM_CONF");  // NOLINT: before any thread
  if (from_environment != nullptr && *from_environment != '\0') return from_environment;
  return "/etc/slurm/slurm.conf";
}

void append(std::vector<CheckLine>& lines, const std::vector<CheckLine>& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

std::vector<CheckLine> check_slurm_conf(const Config& config, const SlurmOptions& options) {
  const auto path = find_slurm_conf(options);
  const auto conf = read_slurm_conf(path);
  if (conf) return check_slurm(fit_slurm_conf(*conf, config, options.slurm_version));
  return {{CheckLevel::kFailure,
           "slurm",
           conf.error().message + ": name the file by --slurm-conf or SLURM_CONF"}};
}

std::vector<CheckLine> check_drivers(const Config& config) {
  const auto known = provider_names();
  std::vector<CheckLine> lines;
  for (const auto& provider : config.providers) {
    if (std::find(known.begin(), known.end(), provider.name) != known.end()) continue;
    lines.push_back({CheckLevel::kFailure,
                     "config",
                     config.file + ":" + std::to_string(provider.line) + ": providers." +
                         provider.name + ": no such provider: there are " + join(known, ", ")});
  }
  return lines;
}

// Prints the events after `last_id` and moves it; true when there may be more at once.
Result<bool> print_events_after(Ledger& ledger,
                                const CommonOptions& common,
                                std::int64_t& last_id) {
  const auto events = ledger.events(last_id, kEventsAtOnce);
  if (!events) return events.error();
  if (events->empty()) return false;
  last_id = events->back().id;
  print(common.json ? events_json_lines(*events) : events_screen(*events, common.colours));
  return events->size() == static_cast<std::size_t>(kEventsAtOnce);
}

// The id before the first event that is to be printed.
Result<std::int64_t> first_id(Ledger& ledger, int last) {
  if (last == 0) return std::int64_t{0};
  const auto events = ledger.last_events(last);
  if (!events) return events.error();
  return events->empty() ? std::int64_t{0} : events->front().id - 1;
}

}  // namespace

int run_status(const CommonOptions& common) {
  Opened opened;
  if (const int code = open_all(common, opened); code != kExitOk) return code;
  const TimePoint now = SystemClock().now();
  const auto books = opened.ledger->load();
  if (!books) return fail(books.error());
  const auto leader = opened.ledger->leader();
  if (!leader) return fail(leader.error());
  const auto charges = opened.ledger->charges(start_of_month(now));
  if (!charges) return fail(charges.error());
  const auto alerts = recent_alerts(*opened.ledger, now);
  if (!alerts) return fail(alerts.error());
  const StatusInput input{opened.config, *books, *leader, *charges, *alerts, now};
  print(common.json ? status_json(input).dump_indented() : status_screen(input, common.colours));
  return is_led(input) ? kExitOk : kExitFailure;
}

int run_offers(const CommonOptions& common, const OffersOptions& options) {
  const auto config = load_config(common);
  if (!config) {
    complain(config.error().message);
    return kExitUsage;
  }
  if (!options.provider.empty() && config->find_provider(options.provider) == nullptr) {
    complain("--provider: " + options.provider + " is not configured in " + common.config);
    return kExitUsage;
  }
  const auto catalog = read_catalog(*config);
  if (!catalog) {
    complain(catalog.error().message);
    return kExitUsage;
  }
  OffersInput input;
  input.filter = options.filter;
  input.filter.gpu = to_lower(options.filter.gpu);
  input.price_cap = config->policy.max_price_per_gpu_hour;
  input.answers = ask_for_offers(*config, options.provider);
  for (auto& answer : input.answers)
    apply_catalog(answer.offers, *catalog);
  // Prices are worth showing where no broker has ever run: then nothing cools down.
  if (const auto ledger = open_ledger(*config)) {
    const auto books = (*ledger)->load();
    if (books) input.cooldowns = books->cooldowns;
  }
  input.now = SystemClock().now();
  print(common.json ? offers_json(input).dump_indented() : offers_screen(input, common.colours));
  const bool all_answered =
      std::none_of(input.answers.begin(), input.answers.end(), [](const ProviderAnswer& answer) {
        return answer.error.has_value();
      });
  return all_answered ? kExitOk : kExitFailure;
}

int run_check(const CommonOptions& common, const SlurmOptions& options) {
  const auto config = load_config(common);
  std::vector<CheckLine> lines;
  if (!config) {
    for (const auto finding : split(config.error().message, '\n'))
      lines.push_back({CheckLevel::kFailure, "config", std::string(finding)});
  } else {
    lines = check_config(*config);
    append(lines, check_drivers(*config));
    append(lines, check_files(*config, look_at_this_host()));
    append(lines, check_slurm_conf(*config, options));
    if (options.online) append(lines, ask_about_accounts(*config));
  }
  print(common.json ? check_json(lines).dump_indented() : check_screen(lines, common.colours));
  if (!config) return kExitUsage;
  return worst_of(lines) == CheckLevel::kFailure ? kExitFailure : kExitOk;
}

int run_slurm_conf(const CommonOptions& common, const SlurmConfOptions& options) {
  const auto config = load_config(common);
  if (!config) {
    complain(config.error().message);
    return kExitUsage;
  }
  SlurmLinesInput input;
  input.boot_times = typical_boot_times(*config);
  input.program_folder = options.program_folder;
  input.plugin_folder = options.plugin_folder;
  input.slurm_version = options.slurm_version;
  print(format_slurm_lines(*config, input));
  return kExitOk;
}

int run_events(const CommonOptions& common, const EventsOptions& options) {
  Opened opened;
  if (const int code = open_all(common, opened); code != kExitOk) return code;
  const auto first = first_id(*opened.ledger, options.last);
  if (!first) return fail(first.error());
  std::int64_t last_id = *first;
  if (!common.json) print(events_title());
  // SQLite tells nobody when another process has written: a reader has to look.
  constexpr std::chrono::milliseconds kLookEvery{500};
  while (true) {
    const auto more = print_events_after(*opened.ledger, common, last_id);
    if (!more) return fail(more.error());
    if (*more) continue;
    if (!options.follow) return kExitOk;
    std::this_thread::sleep_for(kLookEvery);
  }
}

int run_bill(const CommonOptions& common, const BillOptions& options) {
  const TimePoint now = SystemClock().now();
  TimePoint since;
  if (!options.since.empty()) {
    const auto parsed = parse_since(options.since, now);
    if (!parsed) {
      complain(parsed.error().message);
      return kExitUsage;
    }
    since = *parsed;
  }
  Opened opened;
  if (const int code = open_all(common, opened); code != kExitOk) return code;
  const auto charges = opened.ledger->charges(since);
  if (!charges) return fail(charges.error());
  const BillInput input{*charges, now};
  print(common.json ? bill_json(input).dump_indented() : bill_screen(input, common.colours));
  return kExitOk;
}

}  // namespace spillway
