// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sim/http/json_fields.h"
#include "sim/http/scenario.h"

namespace spillway {

// Lambda as its documents and measurements describe it, with key "simulated-lambda-key".
// Source: providers/lambda.md sections 1, 2.1 and 5; prices as seen there.
[[nodiscard]] CloudScenario default_lambda_account();

// Reads the keys of the scenario that only Lambda has: file_systems.
[[nodiscard]] ApiFactory read_lambda(JsonFields& fields,
                                     const Json& json,
                                     const CloudScenario& account);

}  // namespace spillway
