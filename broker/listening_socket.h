// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "broker/listen_address.h"
#include "lib/descriptor.h"
#include "lib/result.h"

namespace spillway {

struct ListeningSocket {
  Descriptor socket;  // does not block
  int port = 0;
};

// Listens, on IPv4, too, when the host is "::". `what` begins the message. Errors: kIo.
[[nodiscard]] Result<ListeningSocket> listen_on(const ListenAddress& address,
                                                const std::string& what);

}  // namespace spillway
