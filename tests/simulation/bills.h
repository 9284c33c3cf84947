// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ledger's charges against the clouds' invoices.
#pragma once

#include <string>

#include "tests/simulation/site.h"

namespace spillway::simulation {

// To the micro-dollar for each machine that the cloud tells the begin of and whose end was
// answered. Where an answer was lost, or a cloud does not tell, the ledger may be off by the time
// until it learned.
[[nodiscard]] std::string charges_equal_invoices(const Site& site);

}  // namespace spillway::simulation
