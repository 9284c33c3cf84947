// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of spillway.yaml that tell how machines join; see core/config.cc.
#pragma once

#include "core/config.h"
#include "core/config_reader.h"

namespace spillway {

void read_join(Section& section, JoinConfig& join);
// The key `vpn` of the whole file.
void read_vpn(Section& root, Config& config);

}  // namespace spillway
