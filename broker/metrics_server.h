// SPDX-License-Identifier: GPL-2.0-or-later
//
// Serves the last page of metrics at /metrics, to whoever can reach the address.
#pragma once

#include <memory>
#include <string>

#include "lib/result.h"

namespace spillway {

class MetricsServer {
 public:
  virtual ~MetricsServer() = default;

  // From now on this page is served.
  virtual void show(std::string page) = 0;
  [[nodiscard]] virtual int port() const = 0;
};

// Listens on "127.0.0.1:9350" until it is destroyed. Errors: kInvalid (listen), kIo (in use).
[[nodiscard]] Result<std::unique_ptr<MetricsServer>> start_metrics_server(
    const std::string& listen);

}  // namespace spillway
