// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is the account usable as configured? Judges what Lambda lists; pure.
#pragma once

#include <string>
#include <vector>

#include "core/config.h"
#include "providers/lambda/answer.h"
#include "providers/provider.h"

namespace spillway {

struct LambdaAccount {
  std::vector<std::string> ssh_keys;
  std::vector<std::string> regions;  // asked for only when the configuration names regions
  std::vector<LambdaImage> images;   // asked for only when the configuration names an image
};

// REQUIRES: Lambda accepted the key.
[[nodiscard]] std::vector<AccountFinding> check_lambda_account(const ProviderConfig& config,
                                                               const LambdaAccount& account);

}  // namespace spillway
