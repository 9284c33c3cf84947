// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace spillway {

// The pin of the key in `pem`, which holds a private key and its certificate: "sha256//" and the
// hash of the public key (SubjectPublicKeyInfo in DER) in base64. Empty when `pem` is no such pair.
// Source: curl(1), --pinnedpubkey.
[[nodiscard]] std::string public_key_pin(std::string_view pem);

}  // namespace spillway
