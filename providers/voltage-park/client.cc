// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/client.h"

#include "providers/voltage-park/whole_list.h"
#include "providers/wire.h"

namespace spillway {

VoltageParkClient::VoltageParkClient(const ProviderParts& parts, const Capabilities& capabilities)
    : refusals_(parts.config.refusals),
      clock_(parts.clock),
      requests_(parts.config, parts.key),
      transport_(parts.transport,
                 parts.clock,
                 parts.wait,
                 Pace{capabilities.between_requests, capabilities.between_orders}),
      answered_at_(parts.clock.now()) {}

Result<Json> VoltageParkClient::ask(const HttpRequest& request, VoltageParkCall call) {
  const auto answer =
      call == VoltageParkCall::kOrder ? transport_.send_order(request) : transport_.send(request);
  was_answered_ = static_cast<bool>(answer);
  if (answer) {
    answered_at_ = time_of(*answer, clock_.now());
    return read_voltage_park_body(*answer, call, refusals_);
  }
  return call == VoltageParkCall::kRead ? without_doubt(answer.error()) : answer.error();
}

Status VoltageParkClient::list(const char* path,
                               const std::function<Status(const Json& row)>& take) {
  const auto ask_page = [&](std::size_t offset) -> Result<VoltageParkPage> {
    const auto body = ask(requests_.list(path, offset), VoltageParkCall::kRead);
    if (!body) return body.error();
    return read_voltage_park_page(*body);
  };
  return read_whole_list(path, ask_page, take);
}

}  // namespace spillway
