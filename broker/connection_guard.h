// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bounds what strangers can hold of a server: so many connections per peer, each for so long. It
// ends a connection by shutting its socket down; whoever serves it then sees the end and closes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace spillway {

class ConnectionGuard {
 public:
  // Watches on a thread of its own until it is destroyed.
  ConnectionGuard(int per_peer, std::chrono::milliseconds longest);
  ~ConnectionGuard();
  ConnectionGuard(const ConnectionGuard&) = delete;
  ConnectionGuard& operator=(const ConnectionGuard&) = delete;

  // From here the connection's time runs. False when the peer has too many, or everything is being
  // closed: then the socket has been shut down and is not watched.
  [[nodiscard]] bool admit(int socket, const std::string& peer);

  // REQUIRES: called before the socket is closed, or another one of its number would be shut down.
  void release(int socket);

  // Ends all connections, and each that comes later.
  void close_all();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Connection {
    std::string peer;
    Time deadline;
  };

  void watch();
  // Shuts down what is over its time; the next deadline, or a time far away.
  Time end_overdue(Time now);

  const int per_peer_;
  const std::chrono::milliseconds longest_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, Connection> connections_;
  std::map<std::string, int> of_peer_;
  bool closing_ = false;
  bool stop_ = false;
  std::thread watcher_;
};

}  // namespace spillway
