// SPDX-License-Identifier: GPL-2.0-or-later
//
// A server on 127.0.0.1 that plays a script: what each connection answers to each request that
// arrives on it. It knows no HTTP beyond finding where a request ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace spillway {

struct Connection {
  // The answer to each request in turn, as it goes over the wire. After the last one the connection
  // is closed, unless `stays_open`: then nothing more is said until the client leaves.
  std::vector<std::string> answers;
  bool stays_open = false;
  // Before anything is read: speak TLS, with a certificate that nobody knows.
  bool tls = false;
};

class LoopbackServer {
 public:
  // Connections past the script are closed at once.
  explicit LoopbackServer(std::vector<Connection> script);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path, const char* scheme = "http") const;
  // All requests so far, whole, in the order of their arrival.
  [[nodiscard]] std::vector<std::string> requests();

 private:
  void accept_all();
  void play(int connection, const Connection& script);

  std::vector<Connection> script_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::thread> players_;
  std::thread acceptor_;
};

// A port of 127.0.0.1 that is taken by nobody who listens: connections are refused.
class DeafPort {
 public:
  DeafPort();
  ~DeafPort();
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  [[nodiscard]] std::string url() const;

 private:
  std::uint16_t port_ = 0;
  int socket_ = -1;
};

// A listener whose queue is full, so that connecting to it takes for ever.
class FullPort {
 public:
  FullPort();
  ~FullPort();
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;
  [[nodiscard]] std::string url() const;

 private:
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::vector<int> fillers_;
};

}  // namespace spillway
