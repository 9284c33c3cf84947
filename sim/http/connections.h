// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sockets of our own process, found by their addresses. cpp-httplib (0.11 in Debian 12) tells
// a handler neither its socket nor that the client has left, and waits for idle connections when
// it stops.
#pragma once

namespace spillway {

// The descriptor of the connection from `peer_port`, or -1.
[[nodiscard]] int find_connection(int peer_port);
// True when the other side has closed, or there is no such connection.
[[nodiscard]] bool has_peer_left(int connection);
// Shuts every connection that came in at `local_port` down.
void shut_connections(int local_port);

}  // namespace spillway
