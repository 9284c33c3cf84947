// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/verdict.h"

namespace spillway {

const char* standing_name(Standing standing) {
  switch (standing) {
    case Standing::kLocal:
      return "local";
    case Standing::kWaiting:
      return "waiting";
    case Standing::kHeldBack:
      return "held-back";
    case Standing::kPermitted:
      return "permitted";
    case Standing::kBursting:
      return "bursting";
  }
  return "local";
}

}  // namespace spillway
