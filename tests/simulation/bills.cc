// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/bills.h"

#include <algorithm>

#include "core/billing.h"

namespace spillway::simulation {
namespace {

// Until the broker learns what it was not told: two lists, an outage, a broker that was down.
constexpr seconds kUntilLearned{240};

Money charged(const Charge& charge) {
  if (!charge.billed_to) return Money{};
  return machine_cost(
      *charge.billed_from, *charge.billed_to, charge.price_per_hour, charge.billing);
}

bool is_about(Money charge,
              Money invoiced,
              const SimInvoiceLine& line,
              const BillingTerms& terms,
              seconds clock_error) {
  const auto slack =
      cost_of(line.price_per_hour, kUntilLearned + clock_error + terms.quantum + terms.minimum);
  return charge <= invoiced + slack && invoiced <= charge + slack;
}

std::string compare(const Site& site,
                    const BillingTerms& terms,
                    const Charge* charge,
                    const SimInvoiceLine& line) {
  const auto who = line.provider + " machine " + line.id;
  const auto clock_error = std::chrono::ceil<seconds>(site.scene.host_clock.stepped());
  if (charge == nullptr) {
    const bool small = is_about(Money{}, line.cost, line, terms, clock_error);
    return small ? "" : who + " cost " + format_money(line.cost) + " $, and is not charged";
  }
  const auto sum = charged(*charge);
  if (sum == line.cost) return "";
  // Of a machine that ended within its first second the model asks no minimum.
  if (line.billed_from && line.billed_to == line.billed_from) return "";
  const bool was_told =
      site.scene.told.contains(line.provider + "/" + line.id) && !site.scene.was_ledger_out();
  const bool knows_begin = was_told || charge->billed_from == line.billed_from;
  const bool knows_end = line.billed_to && charge->billed_to == line.billed_to;
  if (!(knows_begin && knows_end) && is_about(sum, line.cost, line, charge->billing, clock_error))
    return "";
  return who + " is charged " + std::to_string(sum.micros()) + " micro-dollars, invoiced " +
         std::to_string(line.cost.micros());
}

}  // namespace

std::string charges_equal_invoices(const Site& site) {
  const auto charges = site.head.ledger().all_charges();
  for (std::size_t i = 0; i < site.lanes.size(); ++i) {
    for (const auto& line : site.lanes[i]->cloud().invoice()) {
      const auto mark = parse_mark(line.name);
      if (!mark || mark->ledger != site.head.ledger().open().ledger_tag) continue;
      const auto charge = std::find_if(charges.begin(), charges.end(), [&](const auto& each) {
        return each.offer.provider == line.provider && each.provider_id == line.id;
      });
      auto trouble = compare(site,
                             site.scene.plan.clouds[i].driver.capabilities.billing,
                             charge == charges.end() ? nullptr : &*charge,
                             line);
      if (!trouble.empty()) return trouble;
    }
  }
  return "";
}

}  // namespace spillway::simulation
