// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/connections.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <vector>

#include "lib/text.h"

namespace spillway {
namespace {

using AddressOf = int (*)(int, sockaddr*, socklen_t*);

// The port of one side of a socket, or -1.
int port_of(int descriptor, AddressOf address_of) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (address_of(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  return address.sin_family == AF_INET ? ntohs(address.sin_port) : -1;
}

int local_port_of(int descriptor) {
  return port_of(descriptor, [](int fd, sockaddr* address, socklen_t* size) {
    return getsockname(fd, address, size);
  });
}

int peer_port_of(int descriptor) {
  return port_of(descriptor, [](int fd, sockaddr* address, socklen_t* size) {
    return getpeername(fd, address, size);
  });
}

std::vector<int> open_descriptors() {
  std::vector<int> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return numbers;
  while (const dirent* entry = readdir(folder.get())) {  // NOLINT(concurrency-*): our own stream
    if (const auto number = parse_whole_number(&entry->d_name[0], INT32_MAX))
      numbers.push_back(static_cast<int>(*number));
  }
  return numbers;
}

}  // namespace

int find_connection(int peer_port) {
  for (const int descriptor : open_descriptors()) {
    if (peer_port_of(descriptor) == peer_port) return descriptor;
  }
  return -1;
}

bool has_peer_left(int connection) {
  pollfd watched{connection, POLLRDHUP, 0};
  return connection < 0 || (poll(&watched, 1, 0) > 0 && watched.revents != 0);
}

void shut_connections(int local_port) {
  for (const int descriptor : open_descriptors()) {
    if (local_port_of(descriptor) == local_port && peer_port_of(descriptor) >= 0)
      shutdown(descriptor, SHUT_RDWR);
  }
}

}  // namespace spillway
