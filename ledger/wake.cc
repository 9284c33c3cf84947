// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/wake.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "lib/descriptor.h"
#include "lib/file.h"

namespace spillway {
namespace {

std::string socket_path(const std::string& ledger_path) {
  return ledger_path + ".wake";
}

// Nothing when the path does not fit.
std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // NOLINT: so the interface wants it
}

Descriptor make_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

Error io_error(const std::string& path, int why) {
  return Error{ErrorCode::kIo, file_error(path, why).message, {}};
}

// The file at the address, if it is a socket. To connect to one of another kind is refused in the
// same words as to a socket that nobody listens on.
std::optional<ino_t> find_socket(const sockaddr_un& address) {
  struct stat facts {};
  if (::lstat(address.sun_path, &facts) != 0 || !S_ISSOCK(facts.st_mode)) return std::nullopt;
  return facts.st_ino;
}

}  // namespace

void wake_broker(const std::string& ledger_path) {
  const auto address = address_of(socket_path(ledger_path));
  if (!address) return;
  const Descriptor socket = make_socket();
  (void)::sendto(socket.number(), "!", 1, MSG_NOSIGNAL, generic(*address), sizeof *address);
}

Result<std::unique_ptr<WakeSocket>> WakeSocket::open(const std::string& ledger_path) {
  const std::string path = socket_path(ledger_path);
  const auto address = address_of(path);
  if (!address) {
    return Error{ErrorCode::kInvalid, path + ": longer than a socket's path may be", {}};
  }
  Descriptor socket = make_socket();
  if (!socket.is_open()) return io_error(path, errno);
  // Linux gives the file the socket's own mode: there is no moment in which others may write.
  if (::fchmod(socket.number(), S_IRUSR | S_IWUSR) != 0) return io_error(path, errno);
  int bound = ::bind(socket.number(), generic(*address), sizeof *address);
  if (bound != 0 && errno == EADDRINUSE) {
    if (!find_socket(*address)) return Error{ErrorCode::kIo, path + ": is no socket", {}};
    if (::unlink(path.c_str()) != 0) return io_error(path, errno);
    bound = ::bind(socket.number(), generic(*address), sizeof *address);
  }
  if (bound != 0) return io_error(path, errno);
  const auto file = find_socket(*address).value_or(0);
  return std::unique_ptr<WakeSocket>(new WakeSocket(socket.release(), path, file));
}

WakeSocket::WakeSocket(int descriptor, std::string path, ino_t file)
    : descriptor_(descriptor), path_(std::move(path)), file_(file) {}

WakeSocket::~WakeSocket() {
  // A leader that stalled may find its successor's here.
  const auto address = address_of(path_);
  if (address && find_socket(*address) == file_) (void)::unlink(path_.c_str());
  (void)::close(descriptor_);
}

void WakeSocket::drain() const {
  std::array<char, 16> calls;
  while (::recv(descriptor_, calls.data(), calls.size(), 0) >= 0 || errno == EINTR) {
  }
}

}  // namespace spillway
