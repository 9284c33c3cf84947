// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/archives.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "broker/peer.h"
#include "lib/file.h"
#include "lib/log.h"

namespace spillway {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20U;
constexpr std::chrono::seconds kAskAgainAfter{10};

struct FreeDigest {
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};

std::string read_at(const Descriptor& file, std::int64_t at, std::size_t most) {
  std::string part(most, '\0');
  const auto got = ::pread(file.number(), part.data(), part.size(), at);
  part.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return part;
}

// Of the first `bytes`; nothing when there are fewer.
std::optional<std::string> sum_of(const Descriptor& file, std::int64_t bytes) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> digest(EVP_MD_CTX_new());
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  for (std::int64_t at = 0; at < bytes;) {
    const auto most = std::min(static_cast<std::size_t>(bytes - at), kChunk);
    const auto part = read_at(file, at, most);
    if (part.empty()) return {};
    EVP_DigestUpdate(digest.get(), part.data(), part.size());
    at += static_cast<std::int64_t>(part.size());
  }
  std::array<unsigned char, 32> sum{};
  EVP_DigestFinal_ex(digest.get(), sum.data(), nullptr);
  std::string text;
  for (const unsigned char byte : sum) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

Error not_now(const std::string& why) {
  return Error{ErrorCode::kTransient, why, kAskAgainAfter};
}

}  // namespace

std::string Download::read(std::int64_t at, std::size_t most) const {
  const auto left = static_cast<std::size_t>(std::max<std::int64_t>(0, bytes_ - at));
  return left == 0 ? std::string() : read_at(file_, at, std::min(left, most));
}

// The log hears of it once, until the file can be read again.
Error Archives::note_unreadable(const std::string& path, const std::string& why) {
  auto& told = unreadable_[path];
  if (told != why) log_error("join: machines wait for an archive: " + why);
  told = why;
  return not_now(why);
}

// Under the lock: machines that join meanwhile need the same sum.
Result<std::optional<ArchiveFacts>> Archives::find_facts(const std::string& os) {
  const auto path = paths_.find(os);
  if (path == paths_.end()) return std::optional<ArchiveFacts>();
  const std::lock_guard lock(mutex_);
  const auto file = open_file(path->second, O_RDONLY);
  const auto version = version_of(file);
  if (!version) return note_unreadable(path->second, file_error(path->second, errno).message);
  auto& known = summed_[path->second];
  if (known.sha256.empty() || known.version != *version) {
    const auto sum = sum_of(file, version->bytes);
    if (!sum) return note_unreadable(path->second, path->second + ": cannot be read to its end");
    known = {*version, *sum};
  }
  unreadable_.erase(path->second);
  return std::optional(ArchiveFacts{known.sha256, known.version.bytes});
}

std::optional<Archives::Version> Archives::version_of(const Descriptor& file) {
  struct stat facts {};
  if (!file.is_open() || ::fstat(file.number(), &facts) != 0) return {};
  errno = EISDIR;
  if (!S_ISREG(facts.st_mode)) return {};
  return Version{facts.st_ino, facts.st_size, facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec};
}

Result<std::shared_ptr<const Download>> Archives::open(const std::string& os,
                                                       const std::string& peer) {
  const auto path = paths_.find(os);
  if (path == paths_.end()) return Error{ErrorCode::kNotFound, "no archive for this system", {}};
  const auto group = peer_group(peer);
  if (!take_place(group)) return not_now("others are downloading");
  auto file = open_file(path->second, O_RDONLY);
  const auto version = version_of(file);
  if (!version) {
    const auto error = file_error(path->second, errno);
    leave(group);
    const std::lock_guard lock(mutex_);
    return note_unreadable(path->second, error.message);
  }
  return std::make_shared<const Download>(
      std::move(file), version->bytes, [this, group] { leave(group); });
}

bool Archives::are_all_taken() {
  const std::lock_guard lock(places_mutex_);
  return taken_ >= kAtOnce;
}

bool Archives::take_place(const std::string& group) {
  const std::lock_guard lock(places_mutex_);
  const auto holds = places_.find(group);
  if (taken_ >= kAtOnce || (holds != places_.end() && holds->second >= kAtOncePerPeer))
    return false;
  ++taken_;
  ++places_[group];
  return true;
}

void Archives::leave(const std::string& group) {
  const std::lock_guard lock(places_mutex_);
  --taken_;
  const auto holds = places_.find(group);
  if (holds != places_.end() && --holds->second == 0) places_.erase(holds);
}

}  // namespace spillway
