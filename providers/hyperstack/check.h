// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is the account usable as configured? Judges what Hyperstack lists; pure.
#pragma once

#include <vector>

#include "core/config.h"
#include "lib/result.h"
#include "providers/hyperstack/answer.h"
#include "providers/provider.h"

namespace spillway {

// What cannot be told, because the environment is not known or a question was refused, holds the
// error.
struct HyperstackAccount {
  Result<HyperstackEnvironment> environment;
  std::vector<HyperstackKeypair> keypairs;
  Result<std::string> image;  // the one that the pattern means
  Result<HyperstackCredit> credit;
  Result<HyperstackQuota> quota;
};

// REQUIRES: Hyperstack accepted the key.
[[nodiscard]] std::vector<AccountFinding> check_hyperstack_account(
    const ProviderConfig& config, const HyperstackAccount& account);

}  // namespace spillway
