// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>

#include "lib/descriptor.h"
#include "lib/secret.h"
#include "lib/text.h"

namespace spillway {
namespace {

Status write_all(const Descriptor& file, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error(path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// A new file with this content, on the disk.
Status write_new_file(const std::string& path, std::string_view content, mode_t mode) {
  Descriptor file = open_file(path, O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
  if (!file.is_open()) return file_error(path, errno);
  // Not by open's mode, from which the umask takes.
  if (::fchmod(file.number(), mode) != 0) return file_error(path, errno);
  if (Status written = write_all(file, path, content); !written) return written;
  if (::fsync(file.number()) != 0 || !file.close()) return file_error(path, errno);
  return {};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_folder(const std::string& path) {
  const Descriptor folder = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!folder.is_open()) return file_error(path, errno);
  // Some file systems cannot sync a folder and say EINVAL: there is nothing more to be had there.
  if (::fsync(folder.number()) != 0 && errno != EINVAL) return file_error(path, errno);
  return {};
}

Status make_one_folder(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  const int why = errno;
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0) {
    return S_ISDIR(facts.st_mode) ? Status() : Status(file_error(path, ENOTDIR));
  }
  return Error{ErrorCode::kIo, file_error(path, why).message, {}};
}

}  // namespace

Error file_error(const std::string& path, int error_number) {
  std::string why = std::generic_category().message(error_number);
  if (!why.empty()) why.replace(0, 1, to_lower(why.substr(0, 1)));
  const ErrorCode code = error_number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return Error{code, path + ": " + why, {}};
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Descriptor file = open_file(path, O_RDONLY);
  if (!file.is_open()) return file_error(path, errno);
  return read_to_end(file, path, limit);
}

Status write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
  constexpr std::size_t kNameBytes = 6;
  const std::string fresh = path + ".new-" + random_hex(kNameBytes);
  Status status = write_new_file(fresh, content, mode);
  if (status && std::rename(fresh.c_str(), path.c_str()) != 0) status = file_error(path, errno);
  if (status) return sync_folder(folder_of(path));
  (void)::unlink(fresh.c_str());
  return Error{ErrorCode::kIo, status.error().message, {}};
}

Result<TimePoint> file_changed_at(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return file_error(path, errno);
  const auto since_1970 =
      std::chrono::seconds(facts.st_ctim.tv_sec) + std::chrono::nanoseconds(facts.st_ctim.tv_nsec);
  return TimePoint(std::chrono::floor<std::chrono::milliseconds>(since_1970));
}

Status make_folder(const std::string& path, mode_t mode) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    if (Status made = make_one_folder(path.substr(0, slash), mode); !made) return made;
  }
  return make_one_folder(path, mode);
}

}  // namespace spillway
