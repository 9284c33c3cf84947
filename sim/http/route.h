// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/text.h"

namespace spillway {

// What `path` has between two slashes where `pattern` has its only '*' ("" without one), or
// nothing: "/instances/*" and "/instances/abc" give "abc".
[[nodiscard]] inline std::optional<std::string> match_path(std::string_view pattern,
                                                           std::string_view path) {
  const auto wanted = split(pattern, '/');
  const auto given = split(path, '/');
  if (wanted.size() != given.size()) return std::nullopt;
  std::string id;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "*" && !given[i].empty())
      id = given[i];
    else if (wanted[i] != given[i])
      return std::nullopt;
  }
  return id;
}

}  // namespace spillway
