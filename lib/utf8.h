// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spillway {

// The length in bytes of the UTF-8 character that `text` begins with, or 0 when it begins with
// none: empty, cut off, overlong, a surrogate, or past U+10FFFF.
[[nodiscard]] std::size_t utf8_character_length(std::string_view text);

// The text with every byte that is part of no UTF-8 character replaced by '?'.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace spillway
