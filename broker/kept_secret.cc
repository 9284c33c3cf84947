// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/kept_secret.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lib/file.h"
#include "lib/secret.h"

namespace spillway {
namespace {

constexpr std::size_t kLimit = std::size_t{64} << 10U;

// The file appears whole by link(), which fails for the second of two that begin at once.
Status create_once(const std::string& path, const std::string& text) {
  const std::string fresh = path + "." + std::to_string(getpid()) + "." + random_hex(4);
  auto written = write_file_atomically(fresh, text, 0600);
  if (!written) return written;
  const int linked = link(fresh.c_str(), path.c_str()) == 0 ? 0 : errno;
  unlink(fresh.c_str());
  if (linked != 0 && linked != EEXIST) return file_error(path, linked);
  return {};
}

Status check_private(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return file_error(path, errno);
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  return Error{ErrorCode::kIo, path + ": others can read this key: chmod 600 " + path, {}};
}

}  // namespace

Result<std::string> keep_secret(const std::string& path,
                                const std::function<Result<std::string>()>& make) {
  if (access(path.c_str(), F_OK) != 0) {
    const auto text = make();
    if (!text) return text.error();
    if (const auto created = create_once(path, *text); !created) return created.error();
  }
  if (const auto kept = check_private(path); !kept) return kept.error();
  return read_file(path, kLimit);
}

}  // namespace spillway
