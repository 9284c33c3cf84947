// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lambda's error answers: {"error":{"code","message","suggestion"?}}.
// Source: Lambda Cloud API specification 1.10.0, schemas ApiError*.
#pragma once

#include <string>

#include "sim/http/api.h"

namespace spillway::lambda_api {

[[nodiscard]] ApiAnswer error(int status,
                              const std::string& code,
                              const std::string& message,
                              const std::string& suggestion = "");

[[nodiscard]] ApiAnswer no_key();
[[nodiscard]] ApiAnswer wrong_key();
[[nodiscard]] ApiAnswer unknown_path();
[[nodiscard]] ApiAnswer invalid(const std::string& why);
[[nodiscard]] ApiAnswer no_such_instance();
// A type, key, image or file system that an order names and that does not exist.
[[nodiscard]] ApiAnswer no_such_thing(const std::string& what);
[[nodiscard]] ApiAnswer no_capacity();
[[nodiscard]] ApiAnswer quota_exceeded();
[[nodiscard]] ApiAnswer conflict();
// Not JSON: the edge proxy in front of the API says it. Source: providers/lambda.md section 1.
[[nodiscard]] ApiAnswer too_many_requests();
// The usual answer of `status`.
[[nodiscard]] ApiAnswer failure(int status);

}  // namespace spillway::lambda_api
