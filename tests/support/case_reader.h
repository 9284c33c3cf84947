// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands in a case, read into a world.
#pragma once

#include <string>

#include "core/config_reader.h"
#include "lib/result.h"
#include "lib/yaml.h"
#include "tests/support/small_world.h"

namespace spillway {

// The case's cluster, market and books. REQUIRES: world.config is the case's.
void read_world(Section& section, SmallWorld& world);

// One line of `jobs`.
void read_job(Section& section, SmallWorld& world);

// Values as a case writes them. Errors: kInvalid, "found what: what would be right".
[[nodiscard]] Error refuse(const YamlNode& node, const std::string& right);
[[nodiscard]] Result<std::uint32_t> read_number(const YamlNode& node);  // from 0
[[nodiscard]] Result<std::string> read_any_text(const YamlNode& node);  // not empty
[[nodiscard]] Result<std::vector<std::string>> read_hosts(const YamlNode& node);

}  // namespace spillway
