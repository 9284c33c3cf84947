// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

namespace spillway {

// The bytes as lower-case hex digits, two each.
[[nodiscard]] std::string to_hex(const unsigned char* bytes, std::size_t count);

}  // namespace spillway
