// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ledger's tables, and how an older ledger becomes one of today.
#pragma once

#include <span>

#include "ledger/database.h"
#include "lib/result.h"

namespace spillway {

// migrations()[n] makes version n + 1 out of version n. What is published never changes; new things
// are appended.
[[nodiscard]] std::span<const char* const> migrations();

// Checks that the file is a ledger, of a version that these steps know, or empty.
// Errors: kIo; kInvalid, with the cure.
[[nodiscard]] Status check_schema(Database& database, std::span<const char* const> steps);

// Takes the steps that are missing, all in one transaction, also while others try the same.
// Errors: as above.
[[nodiscard]] Status bring_forward(Database& database, std::span<const char* const> steps);

// True when no step is missing.
[[nodiscard]] Result<bool> is_current(Database& database, std::span<const char* const> steps);

}  // namespace spillway
