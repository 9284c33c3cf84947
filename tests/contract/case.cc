// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/case.h"

namespace spillway::contract {

std::vector<Part> all_parts() {
  return {{"asking", asking_cases()},
          {"orders", order_cases()},
          {"many", many_cases()},
          {"releases", release_cases()},
          {"wire", wire_cases()},
          {"crowd", crowd_cases()},
          {"pace", pace_cases()}};
}

}  // namespace spillway::contract
