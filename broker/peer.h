// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who calls. Limits go by group: an IPv4 address is one, and so are the 2^64 IPv6 addresses that
// every host on a network has at its command. And by network, since a /48, 65,536 groups, is had
// for nothing.
#pragma once

#include <sys/socket.h>

#include <string>

namespace spillway {

// The address as its cloud knows it: an IPv4 client of an IPv6 socket has its IPv4 address.
[[nodiscard]] std::string peer_address(const sockaddr_storage& peer);

// "203.0.113.7" is its own group, "2001:db8:1:2::5" is of "2001:db8:1:2::/64".
[[nodiscard]] std::string peer_group(const std::string& address);
// "203.0.113.7" is its own network, "2001:db8:1:2::5" is of "2001:db8:1::/48".
[[nodiscard]] std::string peer_network(const std::string& address);

}  // namespace spillway
