// SPDX-License-Identifier: GPL-2.0-or-later
//
// Slurm's host list expressions: "h100-[001-004,007],login". Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result.h"

namespace spillway {

// The names an expression stands for, in its order, leading zeros kept ("n[08-10]" has n08, n09,
// n10). At most one bracket a name, with a suffix after it allowed ("n[1-2]-ib"). Refuses: an empty
// expression or element, unbalanced or nested brackets, an empty or falling range, blanks, control
// characters, a zero-padded range whose end is wider than its start allows, more than `limit`
// names. Errors: kInvalid, with the place.
[[nodiscard]] Result<std::vector<std::string>> parse_hostlist(std::string_view expression,
                                                              std::size_t limit = 65'536);

// The shortest expression for `names`: sorted naturally, doubles dropped, runs as ranges.
// No names give "".
[[nodiscard]] std::string format_hostlist(const std::vector<std::string>& names);

}  // namespace spillway
