// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/bench/tls_machine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>

#include "broker/tls_context.h"
#include "lib/descriptor.h"

namespace spillway {
namespace {

Descriptor connect_from(const std::string& source, int port) {
  Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, source.c_str(), &address.sin_addr);
  const auto* as_given = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(client.number(), as_given, sizeof address) != 0) return {};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(client.number(), as_given, sizeof address) != 0) return {};
  return client;
}

MachineAnswer read_answer(const std::string& text) {
  static const std::string kRetryAfter = "\r\nRetry-After: ";
  MachineAnswer answer;
  if (!text.starts_with("HTTP/1.1 ")) return answer;
  answer.status = std::atoi(text.c_str() + 9);
  const auto at = text.find(kRetryAfter);
  if (at != std::string::npos)
    answer.retry_after = std::chrono::seconds(std::atoi(text.c_str() + at + kRetryAfter.size()));
  return answer;
}

}  // namespace

MachineAnswer TlsMachine::ask(const std::string& request) const {
  static const TlsContext kContext(SSL_CTX_new(TLS_client_method()));
  const Descriptor socket = connect_from(address_, port_);
  if (!socket.is_open()) return {};
  const TlsHandle connection(SSL_new(kContext.get()));
  SSL_set_fd(connection.get(), socket.number());
  std::this_thread::sleep_for(round_trip_);  // of TCP's handshake
  if (SSL_connect(connection.get()) != 1) return {};
  std::this_thread::sleep_for(round_trip_);  // of TLS's
  if (SSL_write(connection.get(), request.data(), static_cast<int>(request.size())) <= 0) return {};
  std::string text;
  std::array<char, 16'384> part{};
  for (int got = 0;
       (got = SSL_read(connection.get(), part.data(), static_cast<int>(part.size()))) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  return read_answer(text);
}

std::string make_machine_request(const std::string& method,
                                 const std::string& path,
                                 const std::string& token,
                                 const std::string& body) {
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + token;
  if (method == "POST") {
    text += "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size());
  }
  return text + "\r\n\r\n" + body;
}

}  // namespace spillway
