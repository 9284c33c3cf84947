// SPDX-License-Identifier: GPL-2.0-or-later
//
// The join service's sockets. One thread moves all connections and waits for none of them; a
// request that is whole and bears a token of ours goes to a pool of threads that ask the desk. So a
// client that says nothing, little, slowly or too much costs a place among many, never a thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "broker/join.h"
#include "broker/join_endpoints.h"
#include "broker/tls_connection.h"
#include "lib/result.h"

namespace spillway {

struct TlsServerLimits {
  // At once; half the descriptors that this process may have, if that is less. A further one ends
  // the oldest that has not shown its request yet; if all have, it is refused.
  std::size_t connections = 2'048;
  // Of a peer and, for IPv6, its /64. A further one ends the peer's own oldest that has not shown
  // its request yet; one too many in a second is refused.
  int per_peer = 64;
  int per_peer_a_second = 100;
  // Likewise of an IPv6 peer's /48.
  int per_network = 256;
  int per_network_a_second = 400;
  // Asked of the desk at once; a further one is told to come again.
  int questions_per_peer = 8;
  // While all places to download are taken, the slowest of those below this rate since they began,
  // so long ago, is ended; then none for as long again: the line itself may be slow.
  std::int64_t least_bytes_a_second = std::int64_t{256} << 10U;
  std::chrono::milliseconds slow_after{30'000};
  int workers = 32;  // requests asked of the desk, and parts of archives read, at once
  TlsConnectionLimits connection{};
};

// Listens on "host:port" ("[::1]:8444"; port 0: any) and serves until it is destroyed, which takes
// no longer than the desk's slowest answer. Errors: kInvalid (listen), kIo (in use, certificate).
[[nodiscard]] Result<std::unique_ptr<JoinService>> start_tls_server(
    const std::string& listen,
    const std::string& pem_file,
    const TlsServerLimits& limits,
    std::unique_ptr<JoinEndpoints> endpoints);

}  // namespace spillway
