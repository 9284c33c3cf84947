// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hyperstack's error answers: {"status":false,"message","error_reason"?}.
// Source: providers/hyperstack.md sections 1 and 4. Messages that are not recorded there are ours.
#pragma once

#include <string>

#include "sim/http/api.h"

namespace spillway::hyperstack_api {

// With the error_reason that belongs to `status`; 402, 406, 422 and 429 have none.
[[nodiscard]] ApiAnswer error(int status, const std::string& message);

[[nodiscard]] ApiAnswer bad_request(const std::string& why);
// A flavor, an image and what is asked of them do not go together.
[[nodiscard]] ApiAnswer incompatible(const std::string& why);
[[nodiscard]] ApiAnswer no_key();
[[nodiscard]] ApiAnswer wrong_key();
[[nodiscard]] ApiAnswer unknown_path();
[[nodiscard]] ApiAnswer wrong_verb();
// "VM 7613 does not exists.", in the API's own grammar.
[[nodiscard]] ApiAnswer missing(const std::string& what);
[[nodiscard]] ApiAnswer already_there(const std::string& what);
[[nodiscard]] ApiAnswer no_balance(int status);
[[nodiscard]] ApiAnswer too_many_requests();
// The usual answer of `status`; of 200 the one that says "status":false in it.
[[nodiscard]] ApiAnswer failure(int status);

}  // namespace spillway::hyperstack_api
