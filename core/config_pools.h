// SPDX-License-Identifier: GPL-2.0-or-later
//
// The pools of spillway.yaml, and what can be judged only when all of them are read.
#pragma once

#include <string>

#include "core/config.h"
#include "core/config_reader.h"

namespace spillway {

// Adds the pool `name` to `config`, with the nodes' index. REQUIRES: the providers are read.
void read_pool(const std::string& name, Section& section, Config& config);

}  // namespace spillway
