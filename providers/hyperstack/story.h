// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a machine's events tell of its beginning: pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/time.h"
#include "providers/hyperstack/answer.h"

namespace spillway {

// When the machine was made, from which Hyperstack bills it. Nothing when no event says so, or says
// a time that is yet to come.
[[nodiscard]] std::optional<TimePoint> find_creation(const std::vector<HyperstackEvent>& events,
                                                     TimePoint now);

// Why the machine failed, in Hyperstack's words, on one line; empty when no event tells.
[[nodiscard]] std::string find_failure(const std::vector<HyperstackEvent>& events);

}  // namespace spillway
