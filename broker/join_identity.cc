// SPDX-License-Identifier: GPL-2.0-or-later
//
// The key and certificate by which machines know the join service. They compare the key alone
// (its pin), so names and dates in the certificate carry no meaning.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "broker/join.h"
#include "broker/kept_secret.h"
#include "lib/openssl_handles.h"
#include "lib/public_key.h"

namespace spillway {
namespace {

constexpr long kDay = 86'400;
constexpr long kTenYears = 3'653 * kDay;

Error openssl_error(const std::string& what) {
  return Error{ErrorCode::kIo, what + ": OpenSSL refused", {}};
}

bool give_random_serial(X509* certificate) {
  std::array<unsigned char, 8> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  std::uint64_t number = 0;
  for (const unsigned char byte : bytes)
    number = (number << 8U) | byte;
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), (number >> 1U) | 1U) == 1;
}

// Signed by its own key; valid from yesterday, since clocks differ, for ten years.
CertificateHandle sign_for(EVP_PKEY* key) {
  CertificateHandle certificate(X509_new());
  if (!certificate) return nullptr;
  X509* raw = certificate.get();
  X509_NAME* name = X509_get_subject_name(raw);
  static constexpr std::string_view kName = "spillway join";
  const bool made = X509_set_version(raw, 2) == 1 && give_random_serial(raw) &&
                    X509_gmtime_adj(X509_getm_notBefore(raw), -kDay) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(raw), kTenYears) != nullptr &&
                    X509_NAME_add_entry_by_txt(name,
                                               "CN",
                                               MBSTRING_ASC,
                                               reinterpret_cast<const unsigned char*>(kName.data()),
                                               static_cast<int>(kName.size()),
                                               -1,
                                               0) == 1 &&
                    X509_set_issuer_name(raw, name) == 1 && X509_set_pubkey(raw, key) == 1 &&
                    X509_sign(raw, key, EVP_sha256()) > 0;
  return made ? std::move(certificate) : nullptr;
}

Result<std::string> make_pem() {
  const KeyHandle key(EVP_EC_gen("P-256"));
  if (!key) return openssl_error("join: making a key");
  const CertificateHandle certificate = sign_for(key.get());
  const BioHandle memory(BIO_new(BIO_s_mem()));
  if (!certificate || !memory ||
      PEM_write_bio_PKCS8PrivateKey(
          memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(memory.get(), certificate.get()) != 1) {
    return openssl_error("join: making a certificate");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

Result<JoinIdentity> load_join_identity(const std::string& ledger_path) {
  const std::string path = join_pem_file(ledger_path);
  const auto pem = keep_secret(path, make_pem);
  if (!pem) return pem.error();
  const std::string pin = public_key_pin(*pem);
  if (pin.empty()) {
    return Error{ErrorCode::kIo,
                 path + ": holds no key with its certificate: remove it to have both made anew",
                 {}};
  }
  return JoinIdentity{path, pin};
}

}  // namespace spillway
