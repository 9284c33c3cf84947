// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the harnesses of the clouds' answers share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/http.h"
#include "lib/result.h"
#include "lib/text.h"

namespace spillway {

inline void demand(bool holds) {
  if (!holds) std::abort();
}

inline void demand_short_line(const Error& error) {
  demand(!error.message.empty() && error.message.size() < 1000);
  demand(error.message.find('\n') == std::string::npos);
}

// The first line of an input is the status, the rest the body, which is a header, too.
inline HttpAnswer read_cloud_answer(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\n'), size);
  const auto status = static_cast<int>(parse_whole_number(input.substr(0, end), 999).value_or(200));
  const auto body = input.substr(std::min(end + 1, size));
  return {status, {{"retry-after", std::string(body.substr(0, 8))}}, std::string(body)};
}

}  // namespace spillway
