// SPDX-License-Identifier: GPL-2.0-or-later
//
// OpenSSL's values, freed by themselves.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace spillway {

struct FreeOpenssl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeOpenssl>;
using CertificateHandle = std::unique_ptr<X509, FreeOpenssl>;
using BioHandle = std::unique_ptr<BIO, FreeOpenssl>;

}  // namespace spillway
