// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/findings.h"

#include <algorithm>

#include "lib/text.h"
#include "providers/wire.h"

namespace spillway {

using Level = AccountFinding::Level;

std::vector<AccountFinding> check_regions(const std::string& cloud,
                                          const std::vector<std::string>& wanted,
                                          const std::vector<std::string>& known) {
  if (wanted.empty()) return {{Level::kOk, "regions: all that " + cloud + " names are used"}};
  std::vector<AccountFinding> findings;
  for (const auto& region : wanted) {
    if (std::find(known.begin(), known.end(), region) != known.end()) continue;
    findings.push_back({Level::kFailure,
                        "regions: " + cloud + " knows no region " + printable(region, 64) + ": " +
                            suggest_name(region, known)});
  }
  if (!findings.empty()) return findings;
  return {{Level::kOk, "regions: " + join(wanted, ", ") + " are there"}};
}

}  // namespace spillway
