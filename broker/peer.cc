// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace spillway {
namespace {

std::string format_address(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool good = inet_ntop(family, address, text.data(), text.size()) != nullptr;
  return good ? text.data() : "unknown";
}

// The IPv6 network that begins with so many bytes of the address; of any other the address.
std::string network_of(const std::string& address, std::size_t bytes) {
  in6_addr parsed{};
  if (inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return address;
  std::fill(parsed.s6_addr + bytes, std::end(parsed.s6_addr), std::uint8_t{0});
  return format_address(AF_INET6, &parsed) + "/" + std::to_string(8 * bytes);
}

}  // namespace

std::string peer_address(const sockaddr_storage& peer) {
  if (peer.ss_family != AF_INET6) {
    return format_address(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr);
  }
  const auto& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return format_address(AF_INET, &address.s6_addr[12]);
  return format_address(AF_INET6, &address);
}

std::string peer_group(const std::string& address) {
  return network_of(address, 8);
}

std::string peer_network(const std::string& address) {
  return network_of(address, 6);
}

}  // namespace spillway
