// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tokens that let a lease's machines join. A token is made from a key that never leaves this host
// and the lease's number, so it need not be stored, and a restarted broker knows it again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/result.h"
#include "lib/secret.h"

namespace spillway {

class JoinTokens {
 public:
  explicit JoinTokens(Secret key) : key_(std::move(key)) {}

  // Reads `<ledger>.key` (mode 0600), made with 256 random bits when there is none.
  // Errors: kIo, kInvalid.
  [[nodiscard]] static Result<JoinTokens> load(const std::string& ledger_path);

  // 64 hex digits, as the join service wants them: 16 for the lease, 48 that prove it.
  [[nodiscard]] Secret make(std::int64_t lease) const;

  // The lease that the token was made for; nothing when it was not made here. Constant time.
  [[nodiscard]] std::optional<std::int64_t> check(const Secret& token) const;

 private:
  Secret key_;
};

}  // namespace spillway
