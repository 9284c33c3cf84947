// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "core/books.h"
#include "ledger/ledger.h"
#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

// What machines have cost since `since` that are no longer in the books; for those in the books see
// count_commitment().
[[nodiscard]] Money spent_by_ended(const std::vector<Charge>& charges,
                                   const Books& books,
                                   TimePoint since);

}  // namespace spillway
