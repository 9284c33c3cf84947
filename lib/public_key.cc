// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/public_key.h"

#include <openssl/pem.h>
#include <openssl/sha.h>

#include <array>
#include <vector>

#include "lib/base64.h"
#include "lib/openssl_handles.h"

namespace spillway {
namespace {

std::string base64_sha256(const std::vector<unsigned char>& bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  return encode_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

std::string public_key_pin(std::string_view pem) {
  const BioHandle memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!memory) return {};
  const KeyHandle key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
  const CertificateHandle certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (!key || !certificate || X509_check_private_key(certificate.get(), key.get()) != 1) return {};
  const int size = i2d_PUBKEY(key.get(), nullptr);
  if (size <= 0) return {};
  std::vector<unsigned char> der(static_cast<std::size_t>(size));
  unsigned char* end = der.data();
  i2d_PUBKEY(key.get(), &end);
  return "sha256//" + base64_sha256(der);
}

}  // namespace spillway
