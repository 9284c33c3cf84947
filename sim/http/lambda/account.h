// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sim/http/scenario.h"

namespace spillway {

// Lambda as its documents and measurements describe it, with key "simulated-lambda-key".
// Source: providers/lambda.md sections 1, 2.1 and 5; prices as seen there.
[[nodiscard]] CloudScenario default_lambda_account();

}  // namespace spillway
