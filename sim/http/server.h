// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include "lib/result.h"
#include "sim/http/world.h"

namespace spillway {

// Serves a world over HTTP, with threads of its own, until it is destroyed.
class HttpServer {
 public:
  virtual ~HttpServer() = default;
  [[nodiscard]] virtual int port() const = 0;

  // Listens at `address` (IPv4) and `port`, 0 for any free one. `world` must outlive the server.
  // Errors: kIo.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(SimWorld& world,
                                                                 const std::string& address,
                                                                 int port);
};

}  // namespace spillway
