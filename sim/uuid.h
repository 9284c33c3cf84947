// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "lib/secret.h"

namespace spillway {

// 32 hex digits in the form of a UUID. REQUIRES: at least so many; the rest is left out.
[[nodiscard]] inline std::string format_uuid(const std::string& hex) {
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20, 12);
}

// Always the same for the same text.
[[nodiscard]] inline std::string uuid_of(std::string_view text) {
  return format_uuid(sha256_hex(text));
}

[[nodiscard]] inline bool is_uuid(std::string_view text) {
  constexpr std::string_view kForm = "00000000-0000-0000-0000-000000000000";
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [&](char c, char form) {
    return form == '-' ? c == '-' : kDigits.find(c) != std::string_view::npos;
  });
}

}  // namespace spillway
