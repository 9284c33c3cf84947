// SPDX-License-Identifier: GPL-2.0-or-later
//
// What there is to be had: flavors, stocks, the price book, regions, GPUs, images.
#pragma once

#include <string>

#include "sim/http/hyperstack/call.h"

namespace spillway::hyperstack_api {

[[nodiscard]] const Routes& catalog_routes();

// Images bear one name in all regions.
[[nodiscard]] bool has_image(const std::string& name);

// "0" to "9", "10+", "200+".
[[nodiscard]] std::string stock_bucket(int gpus);

}  // namespace spillway::hyperstack_api
