// SPDX-License-Identifier: GPL-2.0-or-later
//
// One conversation with Voltage Park: sends at the cloud's pace, and understands what comes back.
#pragma once

#include <functional>
#include <string>

#include "core/cloud.h"
#include "core/config.h"
#include "lib/json.h"
#include "lib/result.h"
#include "lib/time.h"
#include "providers/paced_transport.h"
#include "providers/registry.h"
#include "providers/voltage-park/answer.h"
#include "providers/voltage-park/request.h"

namespace spillway {

class VoltageParkClient {
 public:
  VoltageParkClient(const ProviderParts& parts, const Capabilities& capabilities);

  [[nodiscard]] const VoltageParkRequests& requests() const { return requests_; }

  // The answer's body, see read_voltage_park_body.
  [[nodiscard]] Result<Json> ask(const HttpRequest& request, VoltageParkCall call);

  // Calls `take` for each row of the list, see read_whole_list.
  [[nodiscard]] Status list(const char* path, const std::function<Status(const Json& row)>& take);

  // Of the last call: whether anything answered, and when, by the cloud's clock.
  [[nodiscard]] bool was_answered() const { return was_answered_; }
  [[nodiscard]] TimePoint answered_at() const { return answered_at_; }

 private:
  RefusalWords refusals_;
  const Clock& clock_;
  VoltageParkRequests requests_;
  PacedTransport transport_;
  bool was_answered_ = false;
  TimePoint answered_at_;
};

}  // namespace spillway
