// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/secret.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "lib/descriptor.h"
#include "lib/file.h"
#include "lib/hex.h"

namespace spillway {
namespace {

constexpr std::size_t kSecretLimit = 65'536;

Error refused(const std::string& path, const std::string& why) {
  return Error{ErrorCode::kInvalid, path + ": " + why, {}};
}

Status check_privacy(const Descriptor& file, const std::string& path) {
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return file_error(path, errno);
  if (!S_ISREG(facts.st_mode)) return refused(path, "not a regular file");
  if ((facts.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) != 0) {
    return refused(path, "group or others can read or write it: chmod 600 " + path);
  }
  return {};
}

bool is_printable(char c) {
  return c >= 0x20 && c <= 0x7E;
}

}  // namespace

Result<Secret> read_secret_file(const std::string& path) {
  // O_NONBLOCK: a pipe in the file's place must not hold the program.
  const Descriptor file = open_file(path, O_RDONLY | O_NONBLOCK);
  if (!file.is_open()) return file_error(path, errno);
  if (Status is_private = check_privacy(file, path); !is_private) return is_private.error();
  Result<std::string> content = read_to_end(file, path, kSecretLimit);
  if (!content) return content.error();
  std::string line = std::move(*content);
  if (line.ends_with('\n')) line.pop_back();
  if (line.empty()) return refused(path, "empty; it must hold the secret on one line");
  if (line.find('\n') != std::string::npos) return refused(path, "more than one line");
  if (!std::all_of(line.begin(), line.end(), is_printable)) {
    return refused(path, "has bytes that are not printable ASCII");
  }
  return Secret(std::move(line));
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // An empty digest would make all tokens equal: better none.
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return to_hex(digest.data(), size);
}

std::string hmac_sha256_hex(const Secret& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const std::string& secret = key.reveal();
  const unsigned char* done = HMAC(EVP_sha256(),
                                   secret.data(),
                                   static_cast<int>(secret.size()),
                                   reinterpret_cast<const unsigned char*>(text.data()),  // NOLINT
                                   text.size(),
                                   digest.data(),
                                   &size);
  if (done == nullptr) std::abort();
  return to_hex(digest.data(), size);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace spillway
