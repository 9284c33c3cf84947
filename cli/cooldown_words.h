// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/books.h"
#include "lib/time.h"

namespace spillway {

// When what was refused is tried again: "tried again in 6 min", or what has to be mended first.
[[nodiscard]] std::string again_words(const Cooldown& cooldown, TimePoint now);

}  // namespace spillway
