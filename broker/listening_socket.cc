// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/listening_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace spillway {
namespace {

constexpr int kBacklog = 4096;  // callers wait in the kernel; net.core.somaxconn may cut it

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

// SO_REUSEADDR, not SO_REUSEPORT: with that a second broker would share the port unnoticed.
Descriptor open_listener(const addrinfo& address) {
  Descriptor listener(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int on = 1;
  const int off = 0;
  const int number = listener.number();
  const bool good =
      listener.is_open() && ::setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      (address.ai_family != AF_INET6 ||
       ::setsockopt(number, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
      ::bind(number, address.ai_addr, address.ai_addrlen) == 0 && ::listen(number, kBacklog) == 0;
  return good ? std::move(listener) : Descriptor();
}

int port_of(const Descriptor& listener) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(listener.number(), reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(name).sin6_port
                                          : reinterpret_cast<sockaddr_in&>(name).sin_port);
}

}  // namespace

Result<ListeningSocket> listen_on(const ListenAddress& address, const std::string& what) {
  const auto port = std::to_string(address.port);
  const auto failed = [&](const std::string& why) {
    return Error{ErrorCode::kIo,
                 what + ": cannot listen on " + address.host + " port " + port + ": " + why,
                 {}};
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int error = getaddrinfo(address.host.c_str(), port.c_str(), &hints, &list); error != 0)
    return failed(gai_strerror(error));
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  int error = EADDRNOTAVAIL;
  for (const auto* one = list; one != nullptr; one = one->ai_next) {
    if (auto listener = open_listener(*one); listener.is_open()) {
      const int port_given = port_of(listener);
      return ListeningSocket{std::move(listener), port_given};
    }
    error = errno;
  }
  return failed(std::generic_category().message(error));
}

}  // namespace spillway
