// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace spillway {

// Who runs this, for the record: the user behind sudo when there is one. No proof of anything: who
// may write the ledger can write any name.
[[nodiscard]] std::string caller_name();

}  // namespace spillway
