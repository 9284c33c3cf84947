// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a service of ours listens: "0.0.0.0:8444", "[::1]:9350".
#pragma once

#include <string>

#include "lib/result.h"

namespace spillway {

struct ListenAddress {
  std::string host;
  int port = 0;  // 0: any that is free
};

// `what` begins the message. Errors: kInvalid.
[[nodiscard]] Result<ListenAddress> parse_listen_address(const std::string& listen,
                                                         const std::string& what);

}  // namespace spillway
