// SPDX-License-Identifier: GPL-2.0-or-later
//
// spillwayd: puts the broker, its lanes and its join service together, and turns until told to end.
#pragma once

#include "core/config.h"
#include "lib/result.h"

namespace spillway {

// Runs until SIGTERM or SIGINT. Errors: whatever keeps it from starting, and the loss of
// leadership.
[[nodiscard]] Status run_daemon(const Config& config);

}  // namespace spillway
