// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr int kFillers = 4;  // more than any kernel queues behind a backlog of 0

// A socket bound to a free port of 127.0.0.1.
int bound_socket(std::uint16_t& port) {
  const int number = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(number, generic, size) != 0) std::abort();
  if (::getsockname(number, generic, &size) != 0) std::abort();
  port = ntohs(address.sin_port);
  return number;
}

std::string url_of(const char* scheme, std::uint16_t port, const std::string& path) {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port) + path;
}

std::size_t body_length(const std::string& head) {
  const std::string lower = to_lower(head);
  const std::string name = "\r\ncontent-length:";
  const std::size_t found = lower.find(name);
  if (found == std::string::npos) return 0;
  return std::strtoul(lower.c_str() + found + name.size(), nullptr, 10);
}

// One request, or nothing when the client left.
std::string read_request(int connection) {
  std::string request;
  std::array<char, 4096> block;
  while (true) {
    const std::size_t head = request.find("\r\n\r\n");
    if (head != std::string::npos &&
        request.size() >= head + 4 + body_length(request.substr(0, head))) {
      return request;
    }
    const ssize_t got = ::recv(connection, block.data(), block.size(), 0);
    if (got <= 0) return {};
    request.append(block.data(), static_cast<std::size_t>(got));
  }
}

void say(int connection, const std::string& text) {
  (void)::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

std::unique_ptr<X509, decltype(&X509_free)> self_signed(EVP_PKEY* key) {
  std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509* const raw = certificate.get();
  (void)ASN1_INTEGER_set(X509_get_serialNumber(raw), 1);
  (void)X509_gmtime_adj(X509_getm_notBefore(raw), -60);
  (void)X509_gmtime_adj(X509_getm_notAfter(raw), 3600);
  (void)X509_set_pubkey(raw, key);
  const auto* name = reinterpret_cast<const unsigned char*>("127.0.0.1");
  X509_NAME* const subject = X509_get_subject_name(raw);
  (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0);
  (void)X509_set_issuer_name(raw, subject);
  if (X509_sign(raw, key, EVP_sha256()) == 0) std::abort();
  return certificate;
}

// Shakes hands as far as the client wants to. True if the client accepted the certificate and
// sent something.
bool shakes_hands(int connection) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const auto certificate = self_signed(key.get());
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  &SSL_CTX_free);
  (void)SSL_CTX_use_certificate(context.get(), certificate.get());
  (void)SSL_CTX_use_PrivateKey(context.get(), key.get());
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), &SSL_free);
  (void)SSL_set_fd(session.get(), connection);
  char byte = 0;
  return SSL_accept(session.get()) == 1 && SSL_read(session.get(), &byte, 1) == 1;
}

}  // namespace

LoopbackServer::LoopbackServer(std::vector<Connection> script)
    : script_(std::move(script)), listener_(bound_socket(port_)) {
  if (::listen(listener_, SOMAXCONN) != 0) std::abort();
  acceptor_ = std::thread([this] { accept_all(); });
}

LoopbackServer::~LoopbackServer() {
  (void)::shutdown(listener_, SHUT_RDWR);  // wakes accept
  acceptor_.join();
  for (std::thread& player : players_)
    player.join();
  (void)::close(listener_);
}

std::string LoopbackServer::url(const std::string& path, const char* scheme) const {
  return url_of(scheme, port_, path);
}

std::vector<std::string> LoopbackServer::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void LoopbackServer::accept_all() {
  for (std::size_t next = 0;; ++next) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    const timeval patience{60, 0};  // a test that hangs must end
    (void)::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const Connection script = next < script_.size() ? script_[next] : Connection{};
    players_.emplace_back([this, connection, script] {
      play(connection, script);
      (void)::close(connection);
    });
  }
}

void LoopbackServer::play(int connection, const Connection& script) {
  if (script.tls) {
    if (!shakes_hands(connection)) return;
    const std::lock_guard lock(mutex_);
    requests_.emplace_back("(over TLS)");
    return;
  }
  for (const std::string& answer : script.answers) {
    const std::string request = read_request(connection);
    if (request.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    say(connection, answer);
  }
  if (script.stays_open) (void)read_request(connection);
}

DeafPort::DeafPort() : socket_(bound_socket(port_)) {}

DeafPort::~DeafPort() {
  (void)::close(socket_);
}

std::string DeafPort::url() const {
  return url_of("http", port_, "/");
}

FullPort::FullPort() : listener_(bound_socket(port_)) {
  if (::listen(listener_, 0) != 0) std::abort();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  for (int i = 0; i < kFillers; ++i) {
    const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)::connect(filler, reinterpret_cast<sockaddr*>(&address), sizeof address);
    fillers_.push_back(filler);
  }
}

FullPort::~FullPort() {
  for (const int filler : fillers_)
    (void)::close(filler);
  (void)::close(listener_);
}

std::string FullPort::url() const {
  return url_of("http", port_, "/");
}

}  // namespace spillway
