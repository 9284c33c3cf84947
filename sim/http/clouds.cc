// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/clouds.h"

#include "sim/http/lambda/account.h"

namespace spillway {

const std::vector<CloudKind>& cloud_kinds() {
  static const std::vector<CloudKind> kinds{
      {"lambda", "/lambda/api/v1", default_lambda_account, {"file_systems"}, read_lambda},
  };
  return kinds;
}

}  // namespace spillway
