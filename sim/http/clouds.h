// SPDX-License-Identifier: GPL-2.0-or-later
//
// The clouds that can be played. A new one is a folder beside lambda/ and a row in clouds.cc.
#pragma once

#include <vector>

#include "sim/http/json_fields.h"
#include "sim/http/scenario.h"

namespace spillway {

struct CloudKind {
  const char* name;    // in the scenario and on the admin side
  const char* prefix;  // of its API's paths
  CloudScenario (*default_account)();
  // The scenario's keys that only this cloud has, and their reader. It may look at the account as
  // the common keys have made it.
  std::vector<const char*> own_keys;
  ApiFactory (*read_own)(JsonFields& fields, const Json& json, const CloudScenario& account);
};

[[nodiscard]] const std::vector<CloudKind>& cloud_kinds();

}  // namespace spillway
