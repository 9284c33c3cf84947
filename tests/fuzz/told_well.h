// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "lib/text.h"

namespace spillway {

// True when each line of the message begins with the file, which is called "f" in the harnesses.
inline bool is_told_well(std::string_view message) {
  for (const auto line : split(message, '\n')) {
    if (!line.starts_with("f:")) return false;
  }
  return true;
}

}  // namespace spillway
