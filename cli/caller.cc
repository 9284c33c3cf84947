// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/caller.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "lib/text.h"

namespace spillway {

std::string caller_name() {
  constexpr std::size_t kLongestName = 64;
  const char* sudo_user = std::getenv("SUDO_USER");  // NOLINT: before any thread
  if (sudo_user != nullptr && *sudo_user != '\0') return printable(sudo_user, kLongestName);
  const uid_t user = getuid();
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16'384> words{};
  const int failed = getpwuid_r(user, &entry, words.data(), words.size(), &found);
  if (failed == 0 && found != nullptr) return printable(found->pw_name, kLongestName);
  return "user " + std::to_string(user);
}

}  // namespace spillway
