// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/given.h"

#include <algorithm>
#include <utility>

#include "cli/table.h"
#include "lib/text.h"
#include "tests/contract/choice.h"

namespace spillway::contract {
namespace {

constexpr const char* kCluster = "contract";
constexpr std::chrono::milliseconds kLookEvery{5000};
constexpr std::chrono::milliseconds kHurriedLook{50};
// More than the list of a simulated cloud usually lags.
constexpr std::chrono::seconds kHurriedListDelay{2};

const Row* find_row_of(const std::string& provider) {
  const auto found = std::find_if(
      rows().begin(), rows().end(), [&](const Row& row) { return row.provider == provider; });
  return found == rows().end() ? nullptr : &*found;
}

std::vector<std::string> unknown_ids() {
  std::vector<std::string> ids;
  for (const auto& row : rows())
    ids.push_back(row.unknown_id);
  return ids;
}

}  // namespace

GivenStage::GivenStage(GivenAccount account, Stop& stop)
    : account_(std::move(account)), stop_(stop), parts_(make_parts()), guard_(make_guard()) {
  scene_.connect = [this](const std::string& key) {
    take_turns();
    return guard_.watch(make_driver(parts_, key));
  };
  scene_.connect_asking = [this] {
    take_turns();
    return make_driver(parts_, asking_);
  };
  scene_.mark = {kCluster, ledger_, 0, 0};
  scene_.clock = &parts_.clock;
  scene_.patience = account_.patience;
  scene_.pause = [this] {
    if (stop_.is_asked()) fail_msg("stopped");
    pause();
  };
}

Status GivenStage::begin() {
  auto driver = make_provider(parts_);
  if (!driver) return driver.error();
  scene_.row = find_row_of(account_.config.name);
  if (scene_.row == nullptr) {
    return Error{ErrorCode::kInvalid, account_.config.name + " has no row in tests/contract", {}};
  }
  scene_.provider = guard_.watch(*std::move(driver));
  scene_.list_delay =
      account_.hurries ? kHurriedListDelay : scene_.provider->capabilities().list_delay;
  return account_.offer.empty() ? Status() : find_named_offer();
}

ProviderParts GivenStage::make_parts() {
  return {account_.config,
          account_.key,
          *network_,
          hosts_clock(),
          account_.hurries ? never() : as_documented()};
}

GuardParts GivenStage::make_guard() {
  return {ledger_,
          account_.rent,
          unknown_ids(),
          hosts_clock(),
          [this] { pause(); },
          [](const std::string& line) { print_message("[   END    ] %s\n", line.c_str()); },
          [](const std::string& rule) { fail_msg("%s", rule.c_str()); }};
}

Status GivenStage::find_named_offer() {
  const auto offers = scene_.provider->offers();
  if (!offers) return offers.error();
  std::vector<std::string> names;
  for (const auto& offer : *offers) {
    if (is_named(offer.id, account_.offer)) named_ = offer.id;
    names.push_back(format_offer_id(offer.id));
  }
  if (named_) return {};
  return Error{
      ErrorCode::kInvalid, "no offer is " + account_.offer + ": there is " + join(names, ", "), {}};
}

std::string GivenStage::plan(const std::vector<Case>& cases) const {
  int machines = 0;
  for (const auto& wanted : cases) {
    if (obstacle_to(wanted.needs).empty()) machines += wanted.needs.machines;
  }
  if (machines == 0) return "orders nothing";
  return "orders up to " + counted(machines, "machine") + " in all, " +
         std::to_string(account_.rent) + " at a time, each for at most " +
         format_money(account_.most_price) + " $/h; their names begin with spillway-" + kCluster;
}

Opened GivenStage::open(const Case& wanted) {
  auto obstacle = obstacle_to(wanted.needs);
  if (!obstacle.empty()) return {nullptr, std::move(obstacle)};
  only_asks_ = wanted.needs.machines == 0;
  ++scene_.mark.lease;
  if (!only_asks_ && !choose_for(wanted.needs)) return {nullptr, "no offer is sold out"};
  return {&scene_, ""};
}

std::string GivenStage::obstacle_to(const Needs& needs) const {
  if (stop_.is_asked()) return "stopped";
  if (needs.simulated != nullptr) {
    return std::string("needs a simulated cloud of the suite's own: one that ") + needs.simulated;
  }
  if (needs.machines > account_.rent) {
    return "comes to order " + counted(needs.machines, "machine") + ", and --rent lets it order " +
           (account_.rent == 0 ? "none" : std::to_string(account_.rent));
  }
  if (needs.machines > 0 && has_failed_) return "nothing is ordered after a failure";
  if (!needs.many_per_order) return "";
  const bool is_any = std::any_of(rows().begin(), rows().end(), [&](const Row& row) {
    return row.provider == account_.config.name && row.machines_per_order > 1 &&
           (!named_ || row.has(*named_));
  });
  return is_any ? "" : "the cloud gives one machine an order";
}

bool GivenStage::choose_for(const Needs& needs) {
  Wish wish;
  wish.name = needs.sold_out ? "" : account_.offer;
  wish.most_price = account_.most_price;
  wish.machines = needs.sold_out ? 0 : needs.machines;
  wish.fits = [&](const OfferId& id) { return fits(id, needs); };
  const auto chosen = choose_offer(value_of(scene_.provider->offers()), wish);
  if (!chosen && needs.sold_out) return false;
  if (!chosen) {
    fail_msg("no offer has %d in stock at a known price of at most %s $/h",
             needs.machines,
             format_money(account_.most_price).c_str());
  }
  scene_.offer = *chosen;
  scene_.sold_out = chosen->id;
  scene_.row = find_row(chosen->id);
  scene_.most_machines = needs.machines;
  return true;
}

bool GivenStage::fits(const OfferId& id, const Needs& needs) const {
  const Row* const row = find_row(id);
  if (row == nullptr || (needs.many_per_order && row->machines_per_order == 1)) return false;
  return !named_ || row->has(*named_);
}

void GivenStage::close(bool has_passed) {
  if (only_asks_ && !has_passed) has_failed_ = true;
  guard_.end_all(*scene_.provider, scene_.list_delay);
}

void GivenStage::take_turns() {
  const auto& capabilities = scene_.provider->capabilities();
  (void)parts_.wait(std::max(capabilities.between_orders, capabilities.between_requests));
}

void GivenStage::pause() {
  stop_.wait(account_.hurries ? kHurriedLook : kLookEvery);
}

}  // namespace spillway::contract
