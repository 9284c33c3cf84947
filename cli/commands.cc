// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <thread>

#include "cli/ask_providers.h"
#include "cli/bill.h"
#include "cli/command_parts.h"
#include "cli/events.h"
#include "cli/offers.h"
#include "cli/status.h"
#include "cluster/slurm_conf.h"
#include "core/catalog.h"
#include "core/config.h"
#include "core/settings.h"
#include "ledger/ledger.h"
#include "lib/text.h"
#include "lib/time.h"
#include "providers/catalog_file.h"

namespace spillway {
namespace {

constexpr int kEventsAtOnce = 1'000;

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
  const StatusInput input{opened.config, *books, *leader, *charges, now};
  print(common.json ? status_json(input).dump_indented() : status_screen(input, common.colours));
  return is_led(input.leader, now) ? kExitOk : kExitFailure;
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
  input.now = SystemClock().now();
  // Prices are worth showing where no broker has ever run: then nothing cools down, and nothing is
  // set.
  if (const auto ledger = open_ledger(*config)) {
    if (const auto books = (*ledger)->load()) {
      input.cooldowns = books->cooldowns;
      const auto in_force = apply_settings(*config, books->settings, input.now);
      input.price_cap = in_force.policy.max_price_per_gpu_hour;
    }
  }
  print(common.json ? offers_json(input).dump_indented() : offers_screen(input, common.colours));
  const bool all_answered =
      std::none_of(input.answers.begin(), input.answers.end(), [](const ProviderAnswer& answer) {
        return answer.error.has_value();
      });
  return all_answered ? kExitOk : kExitFailure;
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
