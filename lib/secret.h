// SPDX-License-Identifier: GPL-2.0-or-later
//
// Secrets: read from private files, never printed, compared in constant time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "lib/result.h"

namespace spillway {

// A text that must not meet a log. There is no way to print it by accident.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

// The single line in `path`, without the line end. Refuses a file that group or others can read or
// write, an empty one, more than one line, and bytes outside printable ASCII.
// Errors: kNotFound, kIo, kInvalid (the message says the cure: chmod 600).
[[nodiscard]] Result<Secret> read_secret_file(const std::string& path);

// `bytes` bytes from the kernel's generator, as lower-case hex.
[[nodiscard]] std::string random_hex(std::size_t bytes);

// SHA-256 of `text`, as lower-case hex (64 characters).
[[nodiscard]] std::string sha256_hex(std::string_view text);

// HMAC-SHA-256 of `text` under `key`, as lower-case hex (64 characters).
[[nodiscard]] std::string hmac_sha256_hex(const Secret& key, std::string_view text);

// Compares without telling by its duration where the texts differ.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace spillway
