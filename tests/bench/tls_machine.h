// SPDX-License-Identifier: GPL-2.0-or-later
//
// A machine as the join service sees it: blocking, far away, one connection a request.
#pragma once

#include <chrono>
#include <string>

namespace spillway {

struct MachineAnswer {
  int status = 0;  // 0: none, the connection was lost
  std::chrono::seconds retry_after{1};
};

class TlsMachine {
 public:
  // Calls from `address`; each flight of a connection takes `round_trip`.
  TlsMachine(std::string address, int port, std::chrono::milliseconds round_trip)
      : address_(std::move(address)), port_(port), round_trip_(round_trip) {}

  [[nodiscard]] MachineAnswer ask(const std::string& request) const;

 private:
  std::string address_;
  int port_;
  std::chrono::milliseconds round_trip_;
};

[[nodiscard]] std::string make_machine_request(const std::string& method,
                                               const std::string& path,
                                               const std::string& token,
                                               const std::string& body = "");

}  // namespace spillway
