// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/paced_transport.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/log.h"

namespace spillway {
namespace {

Error told_to_stop() {
  return Error{
      ErrorCode::kTransient, "nothing was sent: the program is about to end", std::nullopt};
}

}  // namespace

PacedTransport::PacedTransport(Transport& inner, const Clock& clock, Wait wait, Pace pace)
    : inner_(inner), clock_(clock), wait_(std::move(wait)), pace_(pace) {}

Result<HttpAnswer> PacedTransport::send(const HttpRequest& request) {
  if (!pause(left(last_request_, pace_.between_requests))) return told_to_stop();
  return send_now(request);
}

Result<HttpAnswer> PacedTransport::send_order(const HttpRequest& request) {
  const auto time = std::max(left(last_request_, pace_.between_requests),
                             left(last_order_, pace_.between_orders));
  if (!pause(time)) return told_to_stop();
  auto answer = send_now(request);
  last_order_ = last_request_;
  return answer;
}

std::chrono::milliseconds PacedTransport::left(const std::optional<TimePoint>& last,
                                               std::chrono::milliseconds interval) const {
  if (!last) return std::chrono::milliseconds{0};
  const auto passed = clock_.now() - *last;
  // The host's clock may be set back; then nobody knows how much has passed, but never more than
  // one interval is left.
  if (passed < std::chrono::milliseconds{0}) return interval;
  return std::max(interval - passed, std::chrono::milliseconds{0});
}

bool PacedTransport::pause(std::chrono::milliseconds time) const {
  return time <= std::chrono::milliseconds{0} || wait_(time);
}

Result<HttpAnswer> PacedTransport::send_now(const HttpRequest& request) {
  auto answer = inner_.send(request);
  last_request_ = clock_.now();
  const std::string outcome = answer ? "HTTP " + std::to_string(answer->status) + ", " +
                                           std::to_string(answer->body.size()) + " bytes"
                                     : answer.error().message;
  log_debug("providers: " + request.method + " " + request.url + " -> " + outcome);
  return answer;
}

}  // namespace spillway
