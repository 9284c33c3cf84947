// SPDX-License-Identifier: GPL-2.0-or-later
//
// The simulated Voltage Park without sockets, on a clock that the test moves.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text.h"
#include "tests/sim/cloud_world.h"
#include "tests/support/cmocka.h"

namespace spillway {

inline constexpr const char* kHere = "11111111-2222-4333-8444-555555555555";
inline constexpr const char* kThere = "99999999-2222-4333-8444-555555555555";
inline constexpr const char* kNowhere = "00000000-0000-4000-8000-000000000000";

inline constexpr const char* kVoltagePark = R"json({
  "api_keys": {"voltage-park": "the-key"},
  "voltage-park": {
    "regions": ["11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"],
    "types": {
      "ethernet": {"price_cents_per_hour": 1592,
        "capacity": {"11111111-2222-4333-8444-555555555555": 2}},
      "infiniband": {"price_cents_per_hour": 1992,
        "capacity": {"11111111-2222-4333-8444-555555555555": 4}},
      "vm-1x": {"price_cents_per_hour": 191, "gpus": 1,
        "capacity": {"99999999-2222-4333-8444-555555555555": 2}},
      "vm-8x": {"price_cents_per_hour": 1514}},
    "boot_seconds": [100, 100], "terminate_seconds": [10, 10]},
  "machines": {"backend": "none"}})json";

class VoltageParkWorld : public CloudWorld {
 public:
  // `more` is put before the other keys of the cloud: "\"balance\":50,".
  explicit VoltageParkWorld(const std::string& more = "") : CloudWorld(scenario(more)) {}

  static std::string scenario(const std::string& more) {
    std::string text = kVoltagePark;
    return text.insert(text.find("\"regions\""), more);
  }

  // A request under the prefix, with the right key; `path` may have a query with one parameter or
  // two.
  Served call(const std::string& method, const std::string& path, const std::string& body = "") {
    return call_as("Bearer the-key", method, path, body);
  }
  Served call_as(const std::string& authorization,
                 const std::string& method,
                 const std::string& path,
                 const std::string& body = "") {
    ApiRequest request;
    request.method = method;
    request.target = "/voltage-park/api/v1" + path;
    request.path = request.target.substr(0, request.target.find('?'));
    request.query = query_in(path);
    request.headers = {{"host", "cloud.test"}};
    if (!authorization.empty()) request.headers["authorization"] = authorization;
    if (!body.empty()) request.headers["content-type"] = "application/json";
    request.body = body;
    return serve(request);
  }

  static std::string detail(const Served& served) {
    return json(served).string("detail").value_or("none");
  }
  // Of a 422: "gpu_count value_error.number.not_ge", the last step and the type of the first.
  static std::string mistake(const Served& served) {
    const Json first = json(served).get("detail").at(0);
    const Json loc = first.get("loc");
    const Json last = loc.at(loc.size() == 0 ? 0 : loc.size() - 1);
    return last.as_decimal().value_or("?") + " " + first.string("type").value_or("?");
  }

  // Fails the test unless the call is refused for its form, with this mistake first.
  void expect_mistake(const char* expected,
                      const std::string& method,
                      const std::string& path,
                      const std::string& body = "") {
    const Served served = call(method, path, body);
    if (served.answer.status != 422 || mistake(served) != expected)
      fail_msg("%s %s %.160s: %s",
               method.c_str(),
               path.c_str(),
               body.c_str(),
               served.answer.body.c_str());
  }

  // The body of an order of `gpus` GPUs; `extra` are more members.
  static std::string order_body(int gpus, const std::string& extra = "") {
    return std::string(R"({"location_id":")") + kHere + R"(","name":"pool","network_type":)" +
           R"("infiniband","gpu_count":)" + std::to_string(gpus) +
           (extra.empty() ? "" : "," + extra) + "}";
  }
  // Orders a rental; its id, or "" when it was refused.
  std::string rent(int gpus, const std::string& extra = "") {
    return json(call("POST", "/bare-metal/", order_body(gpus, extra)))
        .string("rental_id")
        .value_or("");
  }
  Json location(std::size_t place = 0) {
    return json(call_as("", "GET", "/bare-metal/locations")).get("results").at(place);
  }
  Json rental(const std::string& id) { return json(call("GET", "/bare-metal/" + id)); }
  std::vector<std::string> addresses(const std::string& id) {
    const Json nodes = rental(id).get("node_networking");
    std::vector<std::string> found;
    for (std::size_t i = 0; i < nodes.size(); ++i)
      found.push_back(nodes.at(i).string("public_ip").value_or(""));
    return found;
  }

  std::string preset(std::size_t place) {
    const Json locations = json(call("GET", "/virtual-machines/instant/locations"));
    return locations.get("results")
        .at(0)
        .get("available_presets")
        .at(place)
        .string("id")
        .value_or("");
  }
  std::string vm_body(const std::string& extra = "") {
    return R"({"config_id":")" + preset(0) + R"(","name":"one")" +
           (extra.empty() ? "" : "," + extra) + "}";
  }
  std::string rent_vm(const std::string& extra = "") {
    return json(call("POST", "/virtual-machines/instant", vm_body(extra)))
        .string("vm_id")
        .value_or("");
  }
  Json vm(const std::string& id) { return json(call("GET", "/virtual-machines/" + id)); }

 private:
  static std::map<std::string, std::string> query_in(const std::string& path) {
    std::map<std::string, std::string> query;
    const std::size_t mark = path.find('?');
    if (mark == std::string::npos) return query;
    const std::string text = path.substr(mark + 1);
    for (const std::string_view pair : split(text, '&')) {
      const std::size_t equals = std::min(pair.find('='), pair.size());
      query[std::string(pair.substr(0, equals))] = pair.substr(std::min(equals + 1, pair.size()));
    }
    return query;
  }
};

// The member as a text, for comparing; "" when it is none.
inline std::string text_in(const Json& object, const char* key) {
  return object.string(key).value_or("");
}

}  // namespace spillway
