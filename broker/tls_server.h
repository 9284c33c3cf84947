// SPDX-License-Identifier: GPL-2.0-or-later
//
// The join service's sockets: TLS 1.2 or later, one request a connection, everything bounded,
// since the whole internet can call it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "broker/join.h"
#include "broker/join_endpoints.h"
#include "lib/result.h"

namespace spillway {

struct TlsServerLimits {
  int workers = 16;             // connections served at once
  std::size_t queue = 64;       // accepted and waiting; more wait in the kernel
  int per_peer = 8;             // of the workers; a gang behind one address takes turns
  std::size_t bytes = 160'000;  // received on one connection: body, headers and TLS's own
  std::chrono::seconds silence{5};
  std::chrono::milliseconds connection{15'000};  // from handshake to the answer's last byte
};

// Listens on "host:port" ("[::1]:8444"; port 0: any) and serves until it is destroyed, which takes
// no longer than the desk's slowest answer. Errors: kInvalid (listen), kIo (in use, certificate).
[[nodiscard]] Result<std::unique_ptr<JoinService>> start_tls_server(
    const std::string& listen,
    const std::string& pem_file,
    const TlsServerLimits& limits,
    std::unique_ptr<JoinEndpoints> endpoints);

}  // namespace spillway
