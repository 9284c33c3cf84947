// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sim/http/api.h"

namespace spillway::voltage_park_api {

// The part of `items` that the query's `limit` (1 to 15; left out: `usual`) and `offset` (from 0)
// ask for, in the envelope of every list; 422 for others. Source: providers/voltage-park.md 1.
[[nodiscard]] ApiAnswer page_of(const Json& items, const ApiRequest& request, int usual);

}  // namespace spillway::voltage_park_api
