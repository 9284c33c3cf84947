// SPDX-License-Identifier: GPL-2.0-or-later
//
// POST /instance-operations/launch: what a launch may say, and what it becomes.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "sim/http/api.h"
#include "sim/http/lambda/show.h"

namespace spillway::lambda_api {

// What the names in a launch may stand for.
struct LaunchContext {
  const SimCloud& cloud;
  const std::vector<SshKey>& ssh_keys;
  const std::vector<SimFileSystem>& file_systems;
};

// The order that `body` asks for, or the refusal. Unknown members are tolerated: the schema does
// not close the object. Source: specification 1.10.0, InstanceLaunchRequest; `quantity` from 1.4.0.
[[nodiscard]] std::variant<SimOrder, ApiAnswer> read_launch(const LaunchContext& context,
                                                            const Json& body);

}  // namespace spillway::lambda_api
