// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading a request's body, as every cloud does it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include "lib/json.h"

namespace spillway {

// The body as an object, or absent.
[[nodiscard]] inline Json object_in(const std::string& body) {
  auto json = Json::parse(body, "request");
  return json && json->is_object() ? *json : Json();
}

// True for a text of at most `limit` characters (not bytes).
[[nodiscard]] inline bool is_at_most(const std::string& text, std::size_t limit) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // not inside a UTF-8 sequence
  });
  return static_cast<std::size_t>(characters) <= limit;
}

}  // namespace spillway
