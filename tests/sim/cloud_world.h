// SPDX-License-Identifier: GPL-2.0-or-later
//
// Simulated clouds without sockets, on a clock that the test moves.
#pragma once

#include <map>
#include <string>

#include "sim/http/world.h"
#include "tests/sim/keep_served.h"

namespace spillway {

class CloudWorld {
 public:
  explicit CloudWorld(const std::string& scenario)
      : world_(*parse_scenario(scenario, "scenario"), clock) {}

  Served serve(const ApiRequest& request) {
    auto served = world_.serve(request);
    keep_served(request, served);
    return served;
  }
  // A request without headers.
  Served serve(const std::string& method, const std::string& path, const std::string& body = "") {
    ApiRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    return serve(request);
  }
  Json admin(const std::string& path) { return json(serve("GET", path)); }
  int change(const std::string& path, const std::string& body) {
    return serve("POST", path, body).answer.status;
  }

  static Json json(const Served& served) {
    const auto body = Json::parse(served.answer.body, "answer");
    return body ? *body : Json();
  }

  ManualClock clock{from_unix_seconds(1'795'000'000)};

 private:
  SimWorld world_;
};

}  // namespace spillway
