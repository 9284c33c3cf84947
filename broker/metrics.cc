// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/metrics.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/alerts.h"
#include "core/caps.h"

namespace spillway {
namespace {

constexpr std::int64_t kMicros = 1'000'000;
constexpr std::size_t kDecimals = 6;
constexpr const char* kLedgerUnwritable = "ledger_unwritable";

constexpr std::array kStates = {MachineState::kWanted,
                                MachineState::kOrdered,
                                MachineState::kBooting,
                                MachineState::kJoined,
                                MachineState::kReady,
                                MachineState::kReleasing,
                                MachineState::kFailed,
                                MachineState::kLost};

// Dollars, exactly.
std::string dollars(Money money) {
  const auto micros = std::to_string(money.micros() % kMicros);
  return std::to_string(money.micros() / kMicros) + "." +
         std::string(kDecimals - std::min(kDecimals, micros.size()), '0') + micros;
}

class Page {
 public:
  void begin(const std::string& name, const std::string& help) {
    name_ = "spillway_" + name;
    text_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " gauge\n";
  }
  // `labels`: none, or {name="value",...}. What we name holds nothing that has to be escaped.
  void add(const std::string& labels, const std::string& value) {
    text_ += name_ + labels + " " + value + "\n";
  }
  void add(const std::string& labels, std::int64_t value) { add(labels, std::to_string(value)); }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

std::string label(const std::string& name, const std::string& value) {
  return name + "=\"" + value + "\"";
}

std::set<std::string> providers_of(const MetricsInput& input) {
  std::set<std::string> names;
  for (const auto& provider : input.config.providers)
    names.insert(provider.name);
  for (const auto& [id, lease] : input.books.leases) {
    if (!lease.offer.provider.empty()) names.insert(lease.offer.provider);
  }
  return names;
}

void add_machines(Page& page, const MetricsInput& input, const std::set<std::string>& providers) {
  std::map<std::pair<std::string, MachineState>, std::int64_t> counts;
  for (const auto& [id, machine] : input.books.machines) {
    const auto lease = input.books.leases.find(machine.lease);
    if (lease != input.books.leases.end()) ++counts[{lease->second.offer.provider, machine.state}];
  }
  page.begin("machines", "Machines by provider and state.");
  for (const auto& provider : providers) {
    for (const auto state : kStates) {
      page.add("{" + label("provider", provider) + "," + label("state", facts_of(state).name) + "}",
               counts[{provider, state}]);
    }
  }
}

void add_money(Page& page, const MetricsInput& input, const std::set<std::string>& providers) {
  auto committed = count_commitment(input.books, input.spent_by_ended, 0, input.now);
  page.begin("spend_dollars_per_hour", "What wanted, ordered and running machines cost an hour.");
  for (const auto& provider : providers)
    page.add("{" + label("provider", provider) + "}", dollars(committed.per_hour_at[provider]));
  page.begin("spend_dollars_this_month", "Spent since the first of the month, UTC.");
  page.add("", dollars(committed.this_month));
}

void add_alerts(Page& page, const MetricsInput& input) {
  std::map<std::string, std::int64_t> counts;
  for (const auto* kind : alert_kinds())
    counts[kind] = 0;
  counts[kLedgerUnwritable] = input.ledger_is_writable ? 0 : 1;
  for (const auto& [id, alert] : input.books.alerts)
    ++counts[alert.kind];
  page.begin("alerts", "Open alerts by kind: each needs a person.");
  for (const auto& [kind, count] : counts)
    page.add("{" + label("kind", kind) + "}", count);
}

void add_cooldowns(Page& page, const MetricsInput& input, const std::set<std::string>& providers) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [offer, cooldown] : input.books.cooldowns) {
    if (cooldown.until > input.now) ++counts[offer.provider];
  }
  page.begin("cooldowns", "Offers, or whole providers, that are not ordered now.");
  for (const auto& provider : providers)
    page.add("{" + label("provider", provider) + "}", counts[provider]);
}

}  // namespace

std::string format_metrics(const MetricsInput& input) {
  const auto providers = providers_of(input);
  Page page;
  page.begin("leader", "1 while this broker leads.");
  page.add("", input.leads ? 1 : 0);
  page.begin("last_turn_timestamp_seconds", "When the broker last looked at everything.");
  page.add("", to_unix_seconds(input.now));
  add_alerts(page, input);
  add_machines(page, input, providers);
  add_money(page, input, providers);
  add_cooldowns(page, input, providers);
  page.begin("requests_open", "Calls of the power-save programs that are not answered yet.");
  page.add("", static_cast<std::int64_t>(input.books.requests.size()));
  page.begin("permissions", "Jobs that may use rented nodes.");
  page.add("", static_cast<std::int64_t>(input.books.permissions.size()));
  return std::move(page).text();
}

}  // namespace spillway
