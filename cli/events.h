// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway events`: every decision with its reason, one line each.
#pragma once

#include <string>
#include <vector>

#include "core/books.h"
#include "lib/json.h"

namespace spillway {

// Columns of fixed width, so that what is printed later stands under what was printed before.
[[nodiscard]] std::string events_title();
[[nodiscard]] std::string events_screen(const std::vector<Event>& events, bool colours);
// One JSON object a line.
[[nodiscard]] std::string events_json_lines(const std::vector<Event>& events);

}  // namespace spillway
