// SPDX-License-Identifier: GPL-2.0-or-later
//
// A transport that notes how long each call took and how far this host's clock is from the
// server's. It knows nothing of the provider, so whatever driver stands on it is watched.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lib/http.h"
#include "lib/time.h"

namespace spillway {

struct SeenCall {
  int status = 0;  // 0: no answer
  std::chrono::milliseconds took{0};
  // This host's clock is ahead of the server's by at least so much; negative: behind. Nothing when
  // the answer had no date. Never more than the call can prove: dates are whole seconds.
  std::optional<std::chrono::milliseconds> ahead;
};

class WatchedTransport final : public Transport {
 public:
  // `clock` must outlive this.
  WatchedTransport(std::unique_ptr<Transport> inner, const Clock& clock)
      : inner_(std::move(inner)), clock_(clock) {}

  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override;

  [[nodiscard]] const std::vector<SeenCall>& calls() const { return calls_; }

 private:
  std::unique_ptr<Transport> inner_;
  const Clock& clock_;
  std::vector<SeenCall> calls_;
};

// By the quickest call, which knows it best.
[[nodiscard]] std::optional<std::chrono::milliseconds> clock_ahead(
    const std::vector<SeenCall>& calls);

}  // namespace spillway
