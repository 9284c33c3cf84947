// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a power-save program tells the broker that the ledger has news: a datagram to the socket
// beside the ledger, `<ledger>.wake`. Losing one is harmless: the broker looks by itself as well.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>

#include "lib/result.h"

namespace spillway {

// Wakes the broker of the ledger at `ledger_path`. Never waits. No broker is no error.
void wake_broker(const std::string& ledger_path);

// The end of the broker that leads.
class WakeSocket {
 public:
  // Binds the socket (mode 0600), in the place of the last leader's.
  // Errors: kIo; kInvalid when the path is too long for a socket.
  [[nodiscard]] static Result<std::unique_ptr<WakeSocket>> open(const std::string& ledger_path);
  ~WakeSocket();
  WakeSocket(const WakeSocket&) = delete;
  WakeSocket& operator=(const WakeSocket&) = delete;

  // Becomes readable when somebody called; drain() before the ledger is read.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  void drain() const;

 private:
  WakeSocket(int descriptor, std::string path, ino_t file);
  int descriptor_;
  std::string path_;
  ino_t file_;  // the socket's inode: tells it from a successor's
};

}  // namespace spillway
