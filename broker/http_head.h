// SPDX-License-Identifier: GPL-2.0-or-later
//
// The head of one HTTP/1 request, and of its answer. Strict: what a machine's curl never sends is
// refused.
//
//   METHOD SP /PATH[?QUERY] SP HTTP/1.x CRLF
//   *(NAME ":" VALUE CRLF)              names once each, at most 64
//   CRLF
#pragma once

#include <string>
#include <string_view>

#include "broker/join_endpoints.h"
#include "lib/result.h"

namespace spillway {

// `head` ends before the empty line. The request has no peer and no body yet; its path is not
// decoded. Errors: kInvalid, with what is wrong.
[[nodiscard]] Result<JoinRequest> parse_http_head(std::string_view head);

// The answer's head, with the empty line; `bytes` of body follow, and the connection's end.
[[nodiscard]] std::string format_http_head(const JoinAnswer& answer, std::int64_t bytes);

}  // namespace spillway
