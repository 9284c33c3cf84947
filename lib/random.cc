// SPDX-License-Identifier: GPL-2.0-or-later
//
// Not in secret.cc: who only writes files needs random names, but no libcrypto, whose loading takes
// longer than all of spillway-resume's work.
#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "lib/hex.h"
#include "lib/secret.h"

namespace spillway {

std::string to_hex(const unsigned char* bytes, std::size_t count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    hex += kDigits[bytes[i] >> 4U];
    hex += kDigits[bytes[i] & 0xFU];
  }
  return hex;
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  std::size_t filled = 0;
  while (filled < bytes) {
    const ssize_t got = ::getrandom(random.data() + filled, bytes - filled, 0);
    // A guessable token would be worse than no program; the kernel has no other reason to fail.
    if (got < 0 && errno != EINTR) std::abort();
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return to_hex(random.data(), bytes);
}

}  // namespace spillway
