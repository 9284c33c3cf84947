// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/join_tokens.h"

#include <charconv>
#include <cstddef>
#include <system_error>

#include "broker/kept_secret.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kTokenDigits = 64;
constexpr std::size_t kNumberDigits = 16;

std::string hex_of(std::int64_t number) {
  std::string digits(kNumberDigits, '0');
  for (auto at = digits.rbegin(); number > 0; number /= 16, ++at)
    *at = "0123456789abcdef"[number % 16];
  return digits;
}

}  // namespace

Result<JoinTokens> JoinTokens::load(const std::string& ledger_path) {
  const auto path = ledger_path + ".key";
  const auto kept =
      keep_secret(path, []() -> Result<std::string> { return random_hex(kKeyBytes) + "\n"; });
  if (!kept) return kept.error();
  auto key = read_secret_file(path);
  if (!key) return key.error();
  return JoinTokens(*std::move(key));
}

Secret JoinTokens::make(std::int64_t lease) const {
  const auto number = hex_of(lease);
  const auto proof = hmac_sha256_hex(key_, "lease " + number);
  return Secret(number + proof.substr(0, kTokenDigits - kNumberDigits));
}

std::optional<std::int64_t> JoinTokens::check(const Secret& token) const {
  const auto& text = token.reveal();
  if (text.size() != kTokenDigits) return std::nullopt;
  std::int64_t lease = 0;
  const char* end = text.data() + kNumberDigits;
  const auto read = std::from_chars(text.data(), end, lease, 16);
  if (read.ec != std::errc() || read.ptr != end || lease < 0) return std::nullopt;
  if (!equal_in_constant_time(text, make(lease).reveal())) return std::nullopt;
  return lease;
}

}  // namespace spillway
