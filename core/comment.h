// SPDX-License-Identifier: GPL-2.0-or-later
//
// Our part of a job's AdminComment: everything after a marker. What others wrote stays.
#pragma once

#include <string>
#include <string_view>

namespace spillway {

// Our part, without the marker; empty when there is none.
[[nodiscard]] std::string_view our_comment(std::string_view comment);

// `existing` with our part replaced by `text`; an empty text takes our part out.
[[nodiscard]] std::string merge_comment(std::string_view existing, std::string_view text);

}  // namespace spillway
