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
  in6_addr parsed{};
  if (inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return address;
  std::fill(std::begin(parsed.s6_addr) + 8, std::end(parsed.s6_addr), std::uint8_t{0});
  return format_address(AF_INET6, &parsed) + "/64";
}

}  // namespace spillway
