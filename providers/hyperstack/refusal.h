// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hyperstack's refusals, by what is to be done about them: pure. The only place that knows its
// reasons and words. Which words it has for a lack of machines or of money is documented nowhere;
// config.refusals can add to our guesses.
// Source: docs/providers/hyperstack.md, "How its answers are understood".
#pragma once

#include "core/config.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/result.h"

namespace spillway {

// What was asked: the same refusal means another cure for another call.
enum class HyperstackCall { kList, kNextPage, kCreate, kDelete };

// The answer's whole JSON, or the refusal by its cure; `"status": false` is one, whatever the HTTP
// status. kNotFound says for kDelete that the machine is gone, and for kNextPage that there is no
// such page; kTransient for kDelete that this machine cannot be ended now. Messages carry
// Hyperstack's words, on one line.
[[nodiscard]] Result<Json> read_hyperstack_body(const HttpAnswer& answer,
                                                HyperstackCall call,
                                                const RefusalWords& words);

}  // namespace spillway
