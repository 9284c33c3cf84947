// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/join_tokens.h"

#include "lib/file.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr mode_t kPrivate = 0600;

}  // namespace

Result<JoinTokens> JoinTokens::load(const std::string& ledger_path) {
  const auto path = ledger_path + ".key";
  auto key = read_secret_file(path);
  if (!key && key.error().code == ErrorCode::kNotFound) {
    if (auto written = write_file_atomically(path, random_hex(kKeyBytes) + "\n", kPrivate);
        !written) {
      return written.error();
    }
    key = read_secret_file(path);
  }
  if (!key) return key.error();
  return JoinTokens(*std::move(key));
}

Secret JoinTokens::make(std::int64_t lease) const {
  const auto number = std::to_string(lease);
  return Secret(number + "." + hmac_sha256_hex(key_, "lease " + number));
}

std::optional<std::int64_t> JoinTokens::check(const Secret& token) const {
  const auto& text = token.reveal();
  const auto lease = parse_whole_number(std::string_view(text).substr(0, text.find('.')));
  if (!lease || !equal_in_constant_time(text, make(*lease).reveal())) return std::nullopt;
  return lease;
}

}  // namespace spillway
