// SPDX-License-Identifier: GPL-2.0-or-later
//
// Secrets of the head node that are made once and kept beside the ledger.
#pragma once

#include <functional>
#include <string>

#include "lib/result.h"

namespace spillway {

// The text of `path`, mode 0600; made by `make` when there is none yet. Two programs may do it at
// once: both get what the first one wrote. Errors: kIo, also when others can read it; those of
// `make`.
[[nodiscard]] Result<std::string> keep_secret(const std::string& path,
                                              const std::function<Result<std::string>()>& make);

}  // namespace spillway
