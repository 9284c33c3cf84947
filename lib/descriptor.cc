// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lib/file.h"

namespace spillway {

bool Descriptor::close() {
  const int number = std::exchange(number_, -1);
  // Linux frees the number even when close is interrupted: never close twice.
  return number < 0 || ::close(number) == 0 || errno == EINTR;
}

Descriptor open_file(const std::string& path, int flags, unsigned mode) {
  int number = -1;
  do {
    number = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (number < 0 && errno == EINTR);
  return Descriptor(number);
}

Result<std::string> read_to_end(const Descriptor& file,
                                const std::string& path,
                                std::size_t limit) {
  std::string content;
  std::array<char, 65536> block;
  while (true) {
    const ssize_t got = ::read(file.number(), block.data(), block.size());
    if (got == 0) return content;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(path, errno);
    content.append(block.data(), static_cast<std::size_t>(got));
    if (content.size() > limit) {
      return Error{ErrorCode::kIo, path + ": larger than " + std::to_string(limit) + " bytes", {}};
    }
  }
}

}  // namespace spillway
