// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/decisions_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace spillway {
namespace {

// 5,000 jobs on 20,000 nodes take half a megabyte; beyond this it is no decisions file.
constexpr off_t kLargestFile = off_t{64} * 1024 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Error file_error(const char* what, int code) {
  const ErrorCode kind = code == ENOENT || code == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo;
  return Error{kind, std::string(what) + ": " + std::strerror(code), {}};
}

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Result<std::optional<Decisions>> DecisionsFile::look() {
  struct stat now {};
  if (stat(path_.c_str(), &now) != 0) {
    seen_ = {};
    return file_error("cannot look", errno);
  }
  if (is_same_file(now, seen_)) return std::optional<Decisions>();
  Result<std::string> text = read();
  if (!text) return text.error();
  Result<Decisions> decisions = parse_decisions(*text);
  if (!decisions) return decisions.error();
  return std::optional<Decisions>(*std::move(decisions));
}

// Opens without waiting, whatever stands at the path: a pipe without a writer would hold slurmctld.
Result<std::string> DecisionsFile::read() {
  seen_ = {};
  const Descriptor file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat opened {};
  if (file.number() < 0 || fstat(file.number(), &opened) != 0) {
    return file_error("cannot open", errno);
  }
  if (!S_ISREG(opened.st_mode)) return Error{ErrorCode::kIo, "is no regular file", {}};
  if (opened.st_size > kLargestFile) return Error{ErrorCode::kIo, "is larger than 64 MiB", {}};

  std::string text(static_cast<std::size_t>(opened.st_size), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t count = ::read(file.number(), text.data() + have, text.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("cannot read", errno);
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  text.resize(have);
  seen_ = opened;
  return text;
}

}  // namespace spillway
