// SPDX-License-Identifier: GPL-2.0-or-later
//
// A transport that keeps a cloud's least times between calls, by the clock and the wait that it is
// given. The times count from the end of one call to the start of the next, so that calls cannot
// arrive closer together than they were meant to, however slow the first was on its way.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "lib/http.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

struct Pace {
  std::chrono::milliseconds between_requests{0};
  std::chrono::milliseconds between_orders{0};
};

class PacedTransport final : public Transport {
 public:
  // Lets `duration` pass; false when the program is about to end.
  using Wait = std::function<bool(std::chrono::milliseconds duration)>;

  // `inner` and `clock` must outlive this.
  PacedTransport(Transport& inner, const Clock& clock, Wait wait, Pace pace);

  // As the inner transport's, after the wait that the pace asks for. When told to stop, sends
  // nothing and gives kTransient.
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override;

  // The same for a call that orders machines; it keeps both times.
  [[nodiscard]] Result<HttpAnswer> send_order(const HttpRequest& request);

 private:
  [[nodiscard]] std::chrono::milliseconds left(const std::optional<TimePoint>& last,
                                               std::chrono::milliseconds interval) const;
  [[nodiscard]] bool pause(std::chrono::milliseconds time) const;
  [[nodiscard]] Result<HttpAnswer> send_now(const HttpRequest& request);

  Transport& inner_;
  const Clock& clock_;
  Wait wait_;
  Pace pace_;
  std::optional<TimePoint> last_request_;
  std::optional<TimePoint> last_order_;
};

}  // namespace spillway
