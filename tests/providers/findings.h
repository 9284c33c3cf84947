// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "providers/provider.h"
#include "tests/support/cmocka.h"

namespace spillway {

// There is a finding of that level whose text begins so, and the first such holds `words`.
inline void assert_finding(const std::vector<AccountFinding>& findings,
                           AccountFinding::Level level,
                           const char* begins,
                           const char* words) {
  for (const auto& finding : findings) {
    if (finding.level != level || !finding.text.starts_with(begins)) continue;
    if (finding.text.find(words) == std::string::npos) {
      fail_msg("\"%s\" does not say \"%s\"", finding.text.c_str(), words);
    }
    return;
  }
  fail_msg("no finding of that level begins with %s", begins);
}

inline void assert_all_good(const std::vector<AccountFinding>& findings, std::size_t count) {
  assert_int_equal(findings.size(), count);
  for (const auto& finding : findings) {
    if (finding.level != AccountFinding::Level::kOk) fail_msg("%s", finding.text.c_str());
  }
}

}  // namespace spillway
