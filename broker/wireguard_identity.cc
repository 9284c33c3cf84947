// SPDX-License-Identifier: GPL-2.0-or-later
#include <openssl/evp.h>

#include <array>
#include <string>
#include <string_view>

#include "broker/kept_secret.h"
#include "broker/wireguard.h"
#include "core/config.h"
#include "lib/base64.h"
#include "lib/openssl_handles.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyDigits = 44;  // in base64
using Bytes = std::array<unsigned char, kKeyBytes>;

std::string base64(const Bytes& bytes) {
  return encode_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<std::string> make_private_key() {
  const KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  Bytes bytes{};
  std::size_t size = bytes.size();
  if (!key || EVP_PKEY_get_raw_private_key(key.get(), bytes.data(), &size) != 1)
    return Error{ErrorCode::kIo, "vpn: making a key: OpenSSL refused", {}};
  return base64(bytes) + "\n";
}

// Empty when the text is no private key.
std::string public_key_of(std::string_view private_key) {
  std::array<unsigned char, kKeyBytes + 1> raw{};  // base64 ends with one byte of filling
  // One '=', and no second one: 32 bytes.
  if (private_key.size() != kKeyDigits || private_key.find('=') != kKeyDigits - 1) return "";
  const int decoded = EVP_DecodeBlock(raw.data(),
                                      reinterpret_cast<const unsigned char*>(private_key.data()),
                                      static_cast<int>(private_key.size()));
  if (decoded != static_cast<int>(raw.size())) return "";
  const KeyHandle key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, raw.data(), kKeyBytes));
  Bytes bytes{};
  std::size_t size = bytes.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size) != 1) return "";
  return base64(bytes);
}

}  // namespace

Result<WireGuardIdentity> load_wireguard_identity(const std::string& ledger) {
  const auto path = wireguard_key_file(ledger);
  const auto text = keep_secret(path, make_private_key);
  if (!text) return text.error();
  WireGuardIdentity identity;
  identity.private_key = trim(*text);
  identity.public_key = public_key_of(identity.private_key);
  if (identity.public_key.empty())
    return Error{ErrorCode::kIo, path + ": holds no WireGuard key: remove it to have one made", {}};
  return identity;
}

}  // namespace spillway
