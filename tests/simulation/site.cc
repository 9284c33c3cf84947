// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/site.h"

namespace spillway::simulation {

bool is_live(const SimMachine& machine) {
  return machine.status == SimStatus::kBooting || machine.status == SimStatus::kActive ||
         machine.status == SimStatus::kUnhealthy;
}

bool is_ours(const SimMachine& machine, const MemoryLedger& ledger) {
  const auto mark = parse_mark(machine.order.name);
  return mark && mark->ledger == ledger.open().ledger_tag;
}

const Machine* find_row(const MemoryLedger& ledger,
                        const std::string& provider,
                        const SimMachine& machine) {
  const Machine* found = nullptr;
  const auto mark = parse_mark(machine.order.name);
  for (const auto& [id, row] : ledger.all_machines()) {
    const auto lease = ledger.all_leases().find(row.lease);
    if (lease == ledger.all_leases().end() || lease->second.offer.provider != provider) continue;
    const bool awaits = row.state == MachineState::kOrdered && mark && row.lease == mark->lease &&
                        row.call == mark->call;
    if (row.provider_id == machine.id || awaits) found = &row;
  }
  return found;
}

}  // namespace spillway::simulation
