// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "lib/result.h"

namespace spillway {

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;
using TlsHandle = std::unique_ptr<SSL, FreeTls>;

// For a server of TLS 1.2 or later with the key and certificate in `pem_file`. Nothing is kept of a
// connection that has ended. Errors: kIo.
[[nodiscard]] Result<TlsContext> make_tls_context(const std::string& pem_file);

}  // namespace spillway
