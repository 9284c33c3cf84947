// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway doctor --live`: what somebody with an account runs on the first day.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include "cli/ask_providers.h"
#include "cli/command_parts.h"
#include "cli/doctor.h"
#include "cli/live.h"
#include "cli/rent_one.h"
#include "cli/status.h"
#include "cli/stop.h"
#include "cli/table.h"
#include "core/billing.h"
#include "lib/secret.h"
#include "lib/text.h"
#include "providers/catalog_file.h"

namespace spillway {
namespace {

using Lines = std::vector<CheckLine>;

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

// What the provider answered, and what is to be said about it.
struct LiveLook {
  Lines lines;
  std::vector<Offer> offers;
  std::vector<CloudMachine> machines;
};

LiveLook look_at(Connection& connection, const LiveContext& context) {
  LiveLook look;
  Lines timings;
  const auto& calls = connection.transport->calls();
  std::size_t seen = 0;
  const auto time = [&](const std::string& verb) {
    timings.push_back(
        judge_calls(verb, {calls.begin() + static_cast<std::ptrdiff_t>(seen), calls.end()}));
    seen = calls.size();
  };
  const auto fail = [&](const char* topic, const Error& error) {
    look.lines.push_back({CheckLevel::kFailure, topic, with_cure(error, context.provider)});
  };
  auto& provider = *connection.provider;
  append(look.lines, check_account(context.provider, provider.check()));
  time("check");
  if (auto offers = provider.offers()) {
    look.offers = *std::move(offers);
    append(look.lines, judge_offers(look.offers, context));
  } else {
    fail("offers", offers.error());
  }
  time("offers");
  if (auto machines = provider.machines(context.config.cluster)) {
    look.machines = *std::move(machines);
    append(look.lines, judge_machines(look.machines, context));
  } else {
    fail("machines", machines.error());
  }
  time("machines");
  append(look.lines, timings);
  append(look.lines, check_clock(context.provider.name, clock_ahead(calls)));
  return look;
}

// A number that no machine of an earlier trial bears. Small, since some clouds' names are short.
std::int64_t free_call(const std::vector<CloudMachine>& machines) {
  constexpr std::int64_t kMost = 999;
  const auto start = std::stoll(random_hex(4), nullptr, 16) % kMost;
  for (std::int64_t step = 0; step < kMost; ++step) {
    const auto call = (start + step) % kMost + 1;
    const bool is_taken =
        std::any_of(machines.begin(), machines.end(), [&](const CloudMachine& machine) {
          return machine.mark.lease == kTrialLease && machine.mark.call == call;
        });
    if (!is_taken) return call;
  }
  return start + 1;
}

Status note_trial(Ledger& ledger, const std::string& text) {
  Event event;
  event.at = SystemClock().now();
  event.kind = "trial";
  event.text = text;
  Changes changes;
  changes.events.push_back(std::move(event));
  return ledger.commit(changes);
}

std::string describe_trial(const Offer& offer) {
  constexpr std::chrono::minutes kToEnd{2};
  const auto cost = cost_for(*offer.price_per_hour, offer.boot_time + kToEnd, offer.billing);
  return "the cheapest that can be had is " + format_offer_id(offer.id) + " at " +
         format_money(*offer.price_per_hour) + " $/h; it boots in about " +
         format_duration(offer.boot_time) + ", so this costs about " + format_money(cost) + " $\n";
}

bool is_agreed() {
  print("Order it, and end it as soon as it runs? Type yes: ");
  std::string answer;
  return std::getline(std::cin, answer) && trim(answer) == "yes";
}

// One trial, from the intent in the ledger to the last word.
class Trial {
 public:
  Trial(const CommonOptions& common, const Config& config, Connection& connection)
      : common_(common), config_(config), connection_(connection) {}

  // Errors: the ledger, which has to know of it first.
  [[nodiscard]] Status prepare(const std::vector<CloudMachine>& machines) {
    // It is written down before money is spent, as whatever else we rent.
    auto ledger = open_ledger_for_writing(config_);
    if (!ledger) return ledger.error();
    const auto books = (*ledger)->load();
    if (!books) return books.error();
    const auto leader = (*ledger)->leader();
    if (!leader) return leader.error();
    is_watched_ = is_led(*leader, connection_.clock.now());
    mark_ = {config_.cluster, books->ledger_tag, kTrialLease, free_call(machines)};
    ledger_ = *std::move(ledger);
    return {};
  }

  [[nodiscard]] std::string who_watches() const {
    return is_watched_ ? "should this program die, the broker ends the machine\n"
                       : "no broker leads: should this program die, NOBODY ends the machine\n";
  }

  // Errors: the ledger; then nothing was ordered.
  [[nodiscard]] Result<Lines> run(const Offer& offer) {
    const std::string what = format_offer_id(offer.id) + " at " +
                             format_money(*offer.price_per_hour) + " $/h as " + format_mark(mark_);
    if (auto noted = note_trial(*ledger_, "doctor orders " + what); !noted) return noted.error();
    Stop stop;
    const auto adopted_after = config_.timing.boot_deadline + config_.timing.orphan_grace;
    RentOne rent({*connection_.provider,
                  connection_.clock,
                  offer,
                  mark_,
                  config_.timing.boot_deadline,
                  adopted_after,
                  [this](const std::string& line) { tell(line + "\n"); },
                  [&](std::chrono::milliseconds duration) { stop.wait(duration); },
                  [&] { return stop.is_asked(); }});
    Lines lines;
    run_stoppable(
        stop, [&] { lines = rent.run(); }, [&] { return rent.still_billing(); });
    std::string outcome = "doctor is done with " + what;
    for (const auto& line : lines)
      outcome += "; " + line.text;
    if (auto noted = note_trial(*ledger_, outcome); !noted) complain(noted.error().message);
    return lines;
  }

  // Progress must not stand in the middle of JSON.
  void tell(const std::string& text) const {
    if (common_.json) {
      std::cerr << text << std::flush;
    } else {
      print(text);
    }
  }

 private:
  const CommonOptions& common_;
  const Config& config_;
  Connection& connection_;
  std::unique_ptr<Ledger> ledger_;
  Mark mark_;
  bool is_watched_ = false;
};

// Why nothing is ordered after this look; empty when something may be.
std::string obstacle(const LiveLook& look) {
  if (worst_of(look.lines) == CheckLevel::kFailure) return "there is a failure";
  if (cheapest_in_stock(look.offers) == nullptr) return "no offer is in stock with a live price";
  return "";
}

int refuse_to_order(const std::string& why) {
  complain("nothing is ordered: " + why);
  return kExitFailure;
}

// After the look, which stands on the screen already unless it is to be JSON, whole, at the end.
int rent_one(const CommonOptions& common,
             const LiveOptions& options,
             Trial& trial,
             const LiveLook& look) {
  if (auto why = obstacle(look); !why.empty()) return refuse_to_order(why);
  if (auto prepared = trial.prepare(look.machines); !prepared) {
    return refuse_to_order(prepared.error().message);
  }
  const Offer& offer = *cheapest_in_stock(look.offers);
  trial.tell(describe_trial(offer) + trial.who_watches());
  if (!options.yes && !is_agreed()) return refuse_to_order("nobody said yes");
  const auto lines = trial.run(offer);
  if (!lines) return refuse_to_order(lines.error().message);
  Lines all = look.lines;
  append(all, *lines);
  (void)show_lines(common.json ? all : *lines, common);
  return exit_code_of(worst_of(all));
}

}  // namespace

int run_live(const CommonOptions& common, const LiveOptions& options) {
  const auto refuse = [](const std::string& why) {
    complain(why);
    return kExitUsage;
  };
  const auto config = load_config(common);
  if (!config) return refuse(config.error().message);
  const auto* provider = config->find_provider(options.provider);
  if (provider == nullptr) {
    return refuse("--live: " + options.provider + " is not configured in " + common.config);
  }
  if (options.rent_one && !options.yes && isatty(STDIN_FILENO) != 1) {
    return refuse("--rent-one spends money and there is no terminal to ask on: say --yes");
  }
  const auto catalog = read_catalog(*config);
  if (!catalog) return refuse(catalog.error().message);
  const auto connection = connect_to(*provider);
  if (!connection) {
    return show_lines({{CheckLevel::kFailure, provider->name, connection.error().message}}, common);
  }
  const LiveContext context{*config, *provider, *catalog, (*connection)->clock.now()};
  const auto look = look_at(**connection, context);
  if (!options.rent_one) return show_lines(look.lines, common);
  if (!common.json) (void)show_lines(look.lines, common);
  Trial trial(common, *config, **connection);
  return rent_one(common, options, trial, look);
}

}  // namespace spillway
