// SPDX-License-Identifier: GPL-2.0-or-later
//
// The simulated Lambda without sockets, on a clock that the test moves.
#pragma once

#include <string>

#include "tests/sim/cloud_world.h"

namespace spillway {

inline constexpr const char* kScenario = R"json({
  "api_keys": {"lambda": "the-key"},
  "lambda": {
    "regions": ["us-east-1", "us-south-1"],
    "types": {
      "gpu_8x_h100_sxm5": {"price_cents_per_hour": 3192, "vcpus": 208, "memory_gib": 1800,
        "storage_gib": 22528, "gpus": 8, "gpu_description": "H100 (80 GB SXM5)",
        "capacity": {"us-east-1": 3}},
      "gpu_1x_a10": {"price_cents_per_hour": 75, "gpus": 1}},
    "ssh_keys": ["ops"],
    "file_systems": [{"name": "here", "region": "us-east-1"},
                     {"name": "there", "region": "us-south-1"}],
    "boot_seconds": [100, 100], "list_delay_seconds": 0, "terminate_seconds": [10, 10],
    "rate_scale": 0},
  "machines": {"backend": "none"}})json";

class LambdaWorld : public CloudWorld {
 public:
  explicit LambdaWorld(const std::string& scenario = kScenario) : CloudWorld(scenario) {}

  // A request to a path under Lambda's prefix, with the right key.
  Served lambda(const std::string& method, const std::string& path, const std::string& body = "") {
    return lambda_as("Bearer the-key", method, path, body);
  }
  Served lambda_as(const std::string& authorization,
                   const std::string& method,
                   const std::string& path,
                   const std::string& body = "") {
    ApiRequest request;
    request.method = method;
    request.path = "/lambda/api/v1" + path;
    request.body = body;
    if (!authorization.empty()) request.headers["authorization"] = authorization;
    return serve(request);
  }

  static Json data(const Served& served) { return json(served).get("data"); }
  static std::string code(const Served& served) {
    return json(served).get("error").string("code").value_or("none");
  }

  // Launches one machine; its id, or "" when it was refused.
  std::string launch(const std::string& extra = "") {
    const auto served = lambda("POST", "/instance-operations/launch", launch_body(extra));
    return data(served).get("instance_ids").at(0).as_string().value_or("");
  }
  static std::string launch_body(const std::string& extra = "") {
    return R"({"region_name":"us-east-1","instance_type_name":"gpu_8x_h100_sxm5",)"
           R"("ssh_key_names":["ops"])" +
           (extra.empty() ? "" : "," + extra) + "}";
  }
};

// A member `what` of a JSON object, `size` letters long.
inline std::string text_of(const char* what, std::size_t size) {
  return std::string("\"") + what + "\":\"" + std::string(size, 'a') + "\"";
}

}  // namespace spillway
