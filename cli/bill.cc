// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bill.h"

#include <algorithm>

#include "cli/table.h"
#include "core/billing.h"
#include "lib/text.h"

namespace spillway {
namespace {

Money cost_of_charge(const Charge& charge, TimePoint now) {
  if (!charge.billed_from) return Money();
  return machine_cost(
      *charge.billed_from, charge.billed_to.value_or(now), charge.price_per_hour, charge.billing);
}

Money total_of(const BillInput& input) {
  Money total;
  for (const auto& charge : input.charges)
    total += cost_of_charge(charge, input.now);
  return total;
}

bool is_running(const Charge& charge) {
  return charge.billed_from && !charge.billed_to;
}

std::vector<Cell> charge_row(const Charge& charge, TimePoint now) {
  const bool never_billed = !charge.billed_from.has_value();
  const std::string ran =
      never_billed ? "-" : format_age(*charge.billed_from, charge.billed_to.value_or(now));
  return {std::to_string(charge.lease),
          charge.job == 0 ? "-" : std::to_string(charge.job),
          charge.node.empty() ? "-" : charge.node,
          format_offer_id(charge.offer),
          never_billed ? "-" : format_time(*charge.billed_from),
          ran,
          grouped(charge.price_per_hour),
          grouped(cost_of_charge(charge, now)),
          Cell(is_running(charge) ? "so far: still running" : "", Tint::kWarning)};
}

Json time_json(const std::optional<TimePoint>& time) {
  return time ? Json::of(format_time(*time)) : Json::null();
}

Json charge_json(const Charge& charge, TimePoint now) {
  Json json = Json::object();
  json.set("machine", charge.machine).set("lease", charge.lease);
  json.set("job", static_cast<std::int64_t>(charge.job)).set("node", charge.node);
  json.set("provider", charge.offer.provider).set("region", charge.offer.region);
  json.set("type", charge.offer.type).set("id", charge.provider_id);
  json.set("state", facts_of(charge.state).name);
  json.set("billed_from", time_json(charge.billed_from));
  json.set("billed_to", time_json(charge.billed_to));
  json.set("price_microusd_per_hour", charge.price_per_hour.micros());
  json.set("cost_microusd", cost_of_charge(charge, now).micros());
  return json;
}

}  // namespace

std::string bill_screen(const BillInput& input, bool colours) {
  if (input.charges.empty()) return "no machine billed in this time\n";
  Table table({{"LEASE", Align::kRight},
               {"JOB", Align::kRight},
               {"NODE"},
               {"MACHINE AT"},
               {"BILLED FROM"},
               {"FOR"},
               {"$/h", Align::kRight},
               {"COST $", Align::kRight},
               {""}});
  for (const auto& charge : input.charges)
    table.add_row(charge_row(charge, input.now));
  const auto machines = static_cast<std::int64_t>(input.charges.size());
  const auto running = std::count_if(input.charges.begin(),
                                     input.charges.end(),
                                     [](const Charge& charge) { return is_running(charge); });
  const std::string still = running == 0 ? "" : ", " + std::to_string(running) + " still running";
  return table.text(colours) + "total: " + grouped(total_of(input)) + " $ for " +
         counted(machines, "machine") + still + "\n";
}

Json bill_json(const BillInput& input) {
  Json lines = Json::array();
  for (const auto& charge : input.charges)
    lines.append(charge_json(charge, input.now));
  Json json = Json::object();
  json.set("total_microusd", total_of(input).micros()).set("lines", lines);
  return json;
}

Result<TimePoint> parse_since(std::string_view text, TimePoint now) {
  const auto duration = parse_duration(text);
  if (duration) return now - *duration;
  const bool is_date = text.size() == std::string_view("2026-11-24").size();
  auto time = parse_time(is_date ? std::string(text) + "T00:00:00Z" : std::string(text));
  if (time) return time;
  return Error{ErrorCode::kInvalid,
               "--since: found \"" + printable(text, 80) +
                   "\": how long ago (30d), a date (2026-11-01) or a time "
                   "(2026-11-01T00:00:00Z) belongs here",
               {}};
}

}  // namespace spillway
