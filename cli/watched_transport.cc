// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/watched_transport.h"

namespace spillway {
namespace {

using std::chrono::milliseconds;

// The server wrote its date, a whole second and up to one second old, between `sent` and `got`.
std::optional<milliseconds> ahead_of(const HttpAnswer& answer, TimePoint sent, TimePoint got) {
  const auto* const header = answer.header("date");
  if (header == nullptr) return std::nullopt;
  const auto date = parse_http_date(*header);
  if (!date) return std::nullopt;
  const TimePoint latest = *date + std::chrono::seconds(1);
  if (sent > latest) return sent - latest;
  if (got < *date) return got - *date;
  return milliseconds(0);
}

}  // namespace

Result<HttpAnswer> WatchedTransport::send(const HttpRequest& request) {
  const auto sent = clock_.now();
  auto answer = inner_->send(request);
  const auto got = clock_.now();
  SeenCall call;
  call.took = got - sent;
  if (answer) {
    call.status = answer->status;
    call.ahead = ahead_of(*answer, sent, got);
  }
  calls_.push_back(call);
  return answer;
}

std::optional<milliseconds> clock_ahead(const std::vector<SeenCall>& calls) {
  const SeenCall* quickest = nullptr;
  for (const auto& call : calls) {
    if (!call.ahead) continue;
    if (quickest == nullptr || call.took < quickest->took) quickest = &call;
  }
  return quickest == nullptr ? std::nullopt : quickest->ahead;
}

}  // namespace spillway
