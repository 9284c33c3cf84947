// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/tls_context.h"

#include <utility>

namespace spillway {
namespace {

// What every client has, and no more: a handshake in ffdhe8192, which OpenSSL's default allows,
// too, takes 120 ms of the thread that moves all connections.
constexpr const char* kGroups = "X25519:P-256";

}  // namespace

Result<TlsContext> make_tls_context(const std::string& pem_file) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* raw = context.get();
  const bool made = raw != nullptr && SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1 &&
                    SSL_CTX_set1_groups_list(raw, kGroups) == 1 &&
                    SSL_CTX_use_certificate_chain_file(raw, pem_file.c_str()) == 1 &&
                    SSL_CTX_use_PrivateKey_file(raw, pem_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
                    SSL_CTX_check_private_key(raw) == 1;
  if (!made) return Error{ErrorCode::kIo, "join: the key and certificate cannot be used", {}};
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  // Not SSL_MODE_AUTO_RETRY, OpenSSL's default: with it one read goes on as long as a client sends
  // records that carry nothing.
  SSL_CTX_clear_mode(raw, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_mode(raw,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                       SSL_MODE_RELEASE_BUFFERS);
  return context;
}

}  // namespace spillway
