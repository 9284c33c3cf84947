// SPDX-License-Identifier: GPL-2.0-or-later
//
// The price catalog on disk.
#pragma once

#include "core/catalog.h"
#include "core/config.h"
#include "lib/result.h"

namespace spillway {

// The configured catalog; without one that which was installed, or an empty one if none was.
// Errors: kNotFound, kIo, kInvalid.
[[nodiscard]] Result<Catalog> read_catalog(const Config& config);

}  // namespace spillway
