// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "lib/time.h"

namespace spillway {

// A moment as a person here says it, in local time: "18:00" of today, "Thu 18:00" within six days,
// else "2026-12-01 18:00".
[[nodiscard]] std::string format_clock(TimePoint at, TimePoint now);

}  // namespace spillway
