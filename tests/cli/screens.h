// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the tests of the screens share: a moment, an offer, and a comparison that shows both texts.
#pragma once

#include <string>

#include "core/offer.h"
#include "lib/time.h"
#include "tests/support/cmocka.h"

namespace spillway {

constexpr TimePoint kNow = from_unix_seconds(1'795'528'800);  // 2026-11-24T14:00:00Z

inline OfferId h100_offer() {
  return {"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"};
}

inline void expect_text(const std::string& said, const std::string& expected) {
  if (said != expected) fail_msg("said\n%s\ninstead of\n%s", said.c_str(), expected.c_str());
}

}  // namespace spillway
