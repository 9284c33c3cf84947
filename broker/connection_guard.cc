// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/connection_guard.h"

#include <sys/socket.h>

#include <algorithm>

namespace spillway {

ConnectionGuard::ConnectionGuard(int per_peer, std::chrono::milliseconds longest)
    : per_peer_(per_peer), longest_(longest), watcher_([this] { watch(); }) {}

ConnectionGuard::~ConnectionGuard() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  watcher_.join();
}

bool ConnectionGuard::admit(int socket, const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const auto known = of_peer_.find(peer);
  const int held = known == of_peer_.end() ? 0 : known->second;
  if (closing_ || held >= per_peer_) {
    ::shutdown(socket, SHUT_RDWR);
    return false;
  }
  of_peer_[peer] = held + 1;
  connections_[socket] = {peer, std::chrono::steady_clock::now() + longest_};
  changed_.notify_all();
  return true;
}

void ConnectionGuard::release(int socket) {
  const std::lock_guard lock(mutex_);
  const auto connection = connections_.find(socket);
  if (connection == connections_.end()) return;
  const auto peer = of_peer_.find(connection->second.peer);
  if (--peer->second == 0) of_peer_.erase(peer);
  connections_.erase(connection);
}

void ConnectionGuard::close_all() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  for (const auto& [socket, connection] : connections_)
    ::shutdown(socket, SHUT_RDWR);
}

void ConnectionGuard::watch() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const Time next = end_overdue(std::chrono::steady_clock::now());
    changed_.wait_until(lock, next);
  }
}

ConnectionGuard::Time ConnectionGuard::end_overdue(Time now) {
  Time next = now + std::chrono::hours(1);
  for (const auto& [socket, connection] : connections_) {
    if (connection.deadline > now) {
      next = std::min(next, connection.deadline);
    } else {
      ::shutdown(socket, SHUT_RDWR);  // stays listed until it is released
    }
  }
  return next;
}

}  // namespace spillway
