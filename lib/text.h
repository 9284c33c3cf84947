// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway {

// The parts of `text` between `separator`s; always at least one.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text);  // blanks, tabs, line ends
[[nodiscard]] std::string to_lower(std::string_view text);   // ASCII
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);

// A whole decimal number without sign or blanks, at most `limit`.
[[nodiscard]] std::optional<std::int64_t> parse_whole_number(std::string_view text,
                                                             std::int64_t limit = INT64_MAX);

// The valid UTF-8 of `text` on one line: control characters become blanks, broken bytes '?', and
// at most `limit` bytes remain, cut between characters. For foreign words in logs and comments.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit);

// The candidate that `word` was most likely meant to be, or nothing if none is near (edit distance
// at most two); for "did you mean".
[[nodiscard]] std::optional<std::string> closest(std::string_view word,
                                                 const std::vector<std::string>& candidates);

}  // namespace spillway
