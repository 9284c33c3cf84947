// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace spillway {

// The bytes in base64 with padding, on one line (RFC 4648, section 4).
[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace spillway
