// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/status.h"

#include <map>
#include <utility>

#include "cli/bill.h"
#include "cli/cooldown_words.h"
#include "cli/settings.h"
#include "cli/table.h"
#include "core/billing.h"
#include "core/caps.h"
#include "core/hostlist.h"
#include "core/settings.h"
#include "ledger/spent.h"

namespace spillway {
namespace {

constexpr const char* kMachines = "policy.limits.machines";
constexpr const char* kSpendPerHour = "policy.limits.spend_per_hour";
constexpr const char* kSpendPerMonth = "policy.limits.spend_per_month";

// Asked so often and still there: somebody should look.
constexpr int kManyReleases = 3;

std::string job_text(std::uint32_t job) {
  return job == 0 ? "-" : std::to_string(job);
}

const Lease* find_lease(const Books& books, std::int64_t id) {
  const auto found = books.leases.find(id);
  return found == books.leases.end() ? nullptr : &found->second;
}

Money spent_by(const Machine& machine, const Lease* lease, TimePoint now) {
  if (lease == nullptr || !machine.billed_from) return Money();
  return machine_cost(
      *machine.billed_from, machine.billed_to.value_or(now), lease->price_per_hour, lease->billing);
}

// The machines of one lease that are in the same state.
struct Group {
  const Lease* lease = nullptr;
  std::vector<const Machine*> machines;
};

std::map<std::pair<std::int64_t, MachineState>, Group> group_machines(const Books& books) {
  std::map<std::pair<std::int64_t, MachineState>, Group> groups;
  for (const auto& [id, machine] : books.machines) {
    if (facts_of(machine.state).is_final) continue;
    Group& group = groups[{machine.lease, machine.state}];
    group.lease = find_lease(books, machine.lease);
    group.machines.push_back(&machine);
  }
  return groups;
}

Tint tint_of(const Machine& machine) {
  switch (machine.state) {
    case MachineState::kReady:
      return Tint::kGood;
    case MachineState::kFailed:
    case MachineState::kLost:
      return Tint::kBad;
    case MachineState::kReleasing:
      return machine.releases_asked >= kManyReleases ? Tint::kBad : Tint::kWarning;
    default:
      return Tint::kPlain;
  }
}

std::string note_of(const Machine& machine, TimePoint now) {
  if (machine.state == MachineState::kReleasing && machine.releases_asked > 1) {
    return "asked " + std::to_string(machine.releases_asked) + " times, still listed";
  }
  if (machine.unwanted) return "no answer to its order, and no longer needed";
  if (machine.not_before && *machine.not_before > now) {
    return "next call in " + format_age(now, *machine.not_before);
  }
  const bool has_ended = machine.state == MachineState::kFailed ||
                         machine.state == MachineState::kLost ||
                         machine.state == MachineState::kReleasing;
  return has_ended ? machine.reason : "";
}

std::vector<Cell> machine_row(const Group& group, TimePoint now) {
  const Machine& first = *group.machines.front();
  std::vector<std::string> nodes;
  Money spent;
  TimePoint since = first.state_since;
  std::string note;
  for (const Machine* machine : group.machines) {
    if (!machine->node.empty()) nodes.push_back(machine->node);
    spent += spent_by(*machine, group.lease, now);
    since = std::min(since, machine->state_since);
    if (note.empty()) note = note_of(*machine, now);
  }
  const auto count = static_cast<std::int64_t>(group.machines.size());
  const bool is_orphan = nodes.empty();
  return {is_orphan ? "(" + counted(count, "orphan") + ")" : format_hostlist(nodes),
          group.lease == nullptr ? "?" : format_offer_id(group.lease->offer),
          std::to_string(first.lease),
          Cell(facts_of(first.state).name, tint_of(first)),
          format_age(since, now),
          group.lease == nullptr ? "-" : job_text(group.lease->job),
          group.lease == nullptr ? "?" : grouped(group.lease->price_per_hour * count),
          grouped(spent),
          note};
}

std::string machines_part(const StatusInput& input, bool colours) {
  Table table({{"NODES"},
               {"MACHINES AT"},
               {"LEASE", Align::kRight},
               {"STATE"},
               {"SINCE"},
               {"JOB"},
               {"$/h", Align::kRight},
               {"SPENT", Align::kRight},
               {""}});
  for (const auto& [key, group] : group_machines(input.books))
    table.add_row(machine_row(group, input.now));
  return table.empty() ? "no machines\n" : table.text(colours);
}

std::string leader_line(const StatusInput& input, bool colours) {
  const std::string line = input.config.cluster + ": " + leader_words(input.leader, input.now);
  const bool led = is_led(input.leader, input.now);
  return tinted(line, led ? Tint::kPlain : Tint::kBad, colours) + "\n";
}

// What an admin wants and no broker has done yet.
std::string retries_part(const StatusInput& input) {
  std::string text;
  for (const auto& [id, retry] : input.books.retries) {
    text += "open: " + retry.provider + " is to be tried again, asked by " + retry.asked_by + " " +
            format_ago(retry.asked_at, input.now) + "\n";
  }
  return text;
}

std::string waiting_part(const StatusInput& input) {
  std::string text;
  for (const auto& [job, permission] : input.books.permissions) {
    text += "permitted: job " + std::to_string(job) + " may use " +
            format_hostlist(permission.nodes) + ", since " +
            format_age(permission.since, input.now) + "\n";
  }
  for (const auto& [id, cooldown] : input.books.cooldowns) {
    if (cooldown.until <= input.now) continue;
    text += "cooling down: " + format_offer_id(id) + ", " + again_words(cooldown, input.now) +
            ": " + cooldown.reason + "\n";
  }
  const auto requests = static_cast<std::int64_t>(input.books.requests.size());
  if (requests > 0) text += "open: " + counted(requests, "request") + " of Slurm\n";
  return text + retries_part(input);
}

Limits limits_in_force(const StatusInput& input) {
  return apply_settings(input.config, input.books.settings, input.now).policy.limits;
}

std::string of_limit(const std::string& value, const std::optional<std::string>& limit) {
  return limit ? value + " of " + *limit : value;
}

std::optional<std::string> limit_text(const std::optional<Money>& limit) {
  if (!limit) return std::nullopt;
  return grouped(*limit);
}

// " (set by ada until 18:00; file says 64)", when it was set.
std::string set_note(const StatusInput& input, const std::string& name) {
  const auto setting = input.books.settings.find(name);
  if (setting == input.books.settings.end() || !is_in_force(setting->second, input.now)) return "";
  return " (" + setting_words(input.config, setting->second, input.now) + ")";
}

std::string limits_line(const StatusInput& input) {
  const Commitment committed = count_commitment(
      input.books,
      spent_by_ended(input.charges_this_month, input.books, start_of_month(input.now)),
      0,
      input.now);
  const Limits limits = limits_in_force(input);
  std::optional<std::string> most_machines;
  if (limits.machines) most_machines = std::to_string(*limits.machines);
  return "limits: " + of_limit(std::to_string(committed.machines), most_machines) + " machines" +
         set_note(input, kMachines) + ", " +
         of_limit(grouped(committed.per_hour), limit_text(limits.spend_per_hour)) + " $/h" +
         set_note(input, kSpendPerHour) + ", " +
         of_limit(grouped(committed.this_month), limit_text(limits.spend_per_month)) +
         " $ this month" + set_note(input, kSpendPerMonth) + "\n";
}

// The settings that the line of the limits does not show.
std::string other_settings(const StatusInput& input) {
  std::string text;
  for (const auto& [name, setting] : input.books.settings) {
    if (name == kMachines || name == kSpendPerHour || name == kSpendPerMonth) continue;
    const auto note = set_note(input, name);
    if (!note.empty()) text += "set: " + name + " is " + setting.value + note + "\n";
  }
  return text;
}

// The broker's, and that there is none.
std::vector<Alert> find_alerts(const StatusInput& input) {
  std::vector<Alert> alerts;
  std::int64_t billing = 0;
  for (const auto& [id, machine] : input.books.machines) {
    if (facts_of(machine.state).may_bill) ++billing;
  }
  if (!is_led(input.leader, input.now) && billing > 0) {
    alerts.push_back({"no_leader",
                      "spillwayd",
                      input.leader ? input.leader->until : input.now,
                      counted(billing, "machine") + " may bill and no broker leads",
                      "start spillwayd"});
  }
  for (const auto& [id, alert] : input.books.alerts)
    alerts.push_back(alert);
  return alerts;
}

Json alert_json(const Alert& alert) {
  Json json = Json::object();
  json.set("kind", alert.kind).set("subject", alert.subject);
  json.set("since", format_time(alert.since)).set("text", alert.text).set("cure", alert.cure);
  return json;
}

Json leader_json(const StatusInput& input) {
  if (!input.leader) return Json::null();
  Json json = Json::object();
  json.set("host", leader_host(*input.leader)).set("holder", input.leader->holder);
  json.set("since", format_time(input.leader->since));
  json.set("until", format_time(input.leader->until));
  json.set("in_force", is_led(input.leader, input.now));
  return json;
}

Json machine_json(const Machine& machine, const Lease* lease, TimePoint now) {
  Json json = Json::object();
  json.set("machine", machine.id).set("lease", machine.lease).set("node", machine.node);
  json.set("state", facts_of(machine.state).name).set("since", format_time(machine.state_since));
  json.set("id", machine.provider_id).set("address", machine.address);
  if (lease != nullptr) {
    json.set("job", static_cast<std::int64_t>(lease->job)).set("pool", lease->pool);
    json.set("provider", lease->offer.provider).set("region", lease->offer.region);
    json.set("type", lease->offer.type).set("fabric", lease->offer.fabric);
    json.set("price_microusd_per_hour", lease->price_per_hour.micros());
  }
  json.set("spent_microusd", spent_by(machine, lease, now).micros());
  json.set("releases_asked", machine.releases_asked).set("reason", machine.reason);
  return json;
}

Json limits_json(const StatusInput& input) {
  const Commitment committed = count_commitment(
      input.books,
      spent_by_ended(input.charges_this_month, input.books, start_of_month(input.now)),
      0,
      input.now);
  const Limits limits = limits_in_force(input);
  const auto or_null = [](const std::optional<Money>& money) {
    return money ? Json::of(money->micros()) : Json::null();
  };
  Json json = Json::object();
  json.set("machines", committed.machines);
  json.set("machines_limit", limits.machines ? Json::of(*limits.machines) : Json::null());
  json.set("spend_microusd_per_hour", committed.per_hour.micros());
  json.set("spend_limit_microusd_per_hour", or_null(limits.spend_per_hour));
  json.set("spend_microusd_this_month", committed.this_month.micros());
  json.set("spend_limit_microusd_per_month", or_null(limits.spend_per_month));
  return json;
}

Json settings_in_force_json(const StatusInput& input) {
  const auto all = settings_json({input.config, input.books.settings, input.now});
  Json list = Json::array();
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (all.at(at).boolean("is_set").value_or(false)) list.append(all.at(at));
  }
  return list;
}

Json retries_json(const Books& books) {
  Json list = Json::array();
  for (const auto& [id, retry] : books.retries) {
    Json json = Json::object();
    json.set("provider", retry.provider).set("asked_by", retry.asked_by);
    json.set("asked_at", format_time(retry.asked_at));
    list.append(json);
  }
  return list;
}

Json permissions_json(const Books& books) {
  Json list = Json::array();
  for (const auto& [job, permission] : books.permissions) {
    Json json = Json::object();
    json.set("job", static_cast<std::int64_t>(job)).set("pool", permission.pool);
    json.set("nodes", format_hostlist(permission.nodes));
    json.set("since", format_time(permission.since));
    list.append(json);
  }
  return list;
}

Json cooldowns_json(const Books& books, TimePoint now) {
  Json list = Json::array();
  for (const auto& [id, cooldown] : books.cooldowns) {
    if (cooldown.until <= now) continue;
    Json json = Json::object();
    json.set("provider", id.provider).set("region", id.region).set("type", id.type);
    json.set("refusals", cooldown.refusals).set("until", format_time(cooldown.until));
    json.set("needs_admin", cooldown.needs_admin).set("reason", cooldown.reason);
    list.append(json);
  }
  return list;
}

}  // namespace

std::string leader_host(const Leader& leader) {
  return leader.holder.substr(0, leader.holder.find(':'));
}

bool is_led(const std::optional<Leader>& leader, TimePoint now) {
  return leader && leader->until > now;
}

std::string leader_words(const std::optional<Leader>& leader, TimePoint now) {
  if (is_led(leader, now)) {
    return "spillwayd on " + leader_host(*leader) + " leads since " +
           format_age(leader->since, now);
  }
  const std::string last = leader ? "the last one, on " + leader_host(*leader) +
                                        ", was in force until " + format_ago(leader->until, now)
                                  : "none has run on this ledger yet";
  return "no broker leads: " + last + ": start spillwayd";
}

std::string status_screen(const StatusInput& input, bool colours) {
  std::string text = leader_line(input, colours) + machines_part(input, colours) +
                     waiting_part(input) + limits_line(input) + other_settings(input);
  const auto alerts = find_alerts(input);
  if (alerts.empty()) return text + "alerts: none\n";
  for (const auto& alert : alerts) {
    text += tinted("alert: " + alert.text, Tint::kBad, colours) + ", since " +
            format_age(alert.since, input.now) + "\n    " + alert.cure + "\n";
  }
  return text;
}

Json status_json(const StatusInput& input) {
  Json machines = Json::array();
  for (const auto& [id, machine] : input.books.machines) {
    if (facts_of(machine.state).is_final) continue;
    machines.append(machine_json(machine, find_lease(input.books, machine.lease), input.now));
  }
  Json alerts = Json::array();
  for (const auto& alert : find_alerts(input))
    alerts.append(alert_json(alert));
  Json json = Json::object();
  json.set("cluster", input.config.cluster).set("at", format_time(input.now));
  json.set("leader", leader_json(input)).set("machines", machines);
  json.set("permissions", permissions_json(input.books));
  json.set("cooldowns", cooldowns_json(input.books, input.now));
  json.set("open_requests", static_cast<std::int64_t>(input.books.requests.size()));
  json.set("limits", limits_json(input)).set("settings", settings_in_force_json(input));
  json.set("retries", retries_json(input.books)).set("alerts", alerts);
  return json;
}

}  // namespace spillway
