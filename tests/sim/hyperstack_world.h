// SPDX-License-Identifier: GPL-2.0-or-later
//
// The simulated Hyperstack without sockets, on a clock that the test moves.
#pragma once

#include <string>

#include "lib/text.h"
#include "tests/sim/cloud_world.h"
#include "tests/support/cmocka.h"

namespace spillway {

// The members of `more`, JSON without its braces, put into `object` in place of its own.
inline Json with_members(const Json& object, const std::string& more) {
  Json made = object;
  const auto members = Json::parse("{" + more + "}", "members");
  if (!members) fail_msg("%s", more.c_str());
  members->for_each(
      [&](const std::string& key, const Json& value) { made.set(key.c_str(), value); });
  return made;
}

inline std::string hyperstack_scenario(const std::string& more = "") {
  const auto hyperstack = Json::parse(R"json({
    "regions": ["CANADA-1", "NORWAY-1"],
    "types": {
      "n3-H100x8": {"gpus": 8, "price_cents_per_hour": 2000, "capacity": {"CANADA-1": 3}},
      "n3-H100x1": {"gpus": 1, "price_cents_per_hour": 250, "vcpus": 28, "memory_gib": 180,
        "storage_gib": 850, "capacity": {"CANADA-1": 24, "NORWAY-1": 4}},
      "n3-H100x1-bigroot": {"gpus": 1, "price_cents_per_hour": 250, "storage_gib": 850,
        "capacity": {"CANADA-1": 24}},
      "n1-cpu-small": {"gpus": 0, "price_cents_per_hour": 12, "vcpus": 4, "memory_gib": 4,
        "storage_gib": 100, "capacity": {"CANADA-1": 2}}},
    "environments": [{"name": "fleet", "region": "CANADA-1"},
                     {"name": "north", "region": "NORWAY-1"}],
    "ssh_keys": ["ops"],
    "boot_seconds": [100, 100], "list_delay_seconds": 0, "terminate_seconds": [10, 10],
    "floating_ip_seconds": [8, 8], "phase_seconds": [20, 20], "rate_scale": 0})json",
                                      "hyperstack");
  return Json::object()
      .set("api_keys", Json::object().set("hyperstack", "the-key"))
      .set("hyperstack", with_members(*hyperstack, more))
      .set("machines", Json::object().set("backend", "none"))
      .dump();
}

// The member of `list` whose `key` is `name`, or absent.
inline Json find_named(const Json& list, const char* key, const std::string& name) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list.at(i).string(key) == name) return list.at(i);
  }
  return {};
}

// What so many minutes of n3-H100x8 cost, to the nearest micro-dollar.
inline std::int64_t minutes(std::int64_t count, std::int64_t per_hour = 20'000'000) {
  return (per_hour * count + 30) / 60;
}

class HyperstackWorld : public CloudWorld {
 public:
  static constexpr const char* kMachines = "/core/virtual-machines";

  explicit HyperstackWorld(const std::string& more = "") : CloudWorld(hyperstack_scenario(more)) {}

  // A request to a path under Hyperstack's prefix, which may have a query; with the right key.
  Served call(const std::string& method, const std::string& path, const std::string& body = "") {
    return call_as("the-key", method, path, body);
  }
  Served call_as(const std::string& key,
                 const std::string& method,
                 const std::string& path,
                 const std::string& body = "") {
    const auto parts = split(path, '?');
    ApiRequest request;
    request.method = method;
    request.path = "/hyperstack/v1" + std::string(parts[0]);
    for (const auto& pair : split(parts.size() > 1 ? parts[1] : "", '&')) {
      const std::size_t sign = pair.find('=');
      if (sign != std::string_view::npos)
        request.query[std::string(pair.substr(0, sign))] = pair.substr(sign + 1);
    }
    request.body = body;
    if (!key.empty()) request.headers["api_key"] = key;
    return serve(request);
  }
  void advance(int seconds) { clock.advance(std::chrono::seconds(seconds)); }

  Json get(const std::string& path) { return json(call("GET", path)); }
  static std::string text(const Json& object, const char* key) {
    return object.string(key).value_or("none");
  }
  // "404 not_found": the status, and the reason that the body bears.
  static std::string error(const Served& served) {
    return std::to_string(served.answer.status) + " " + text(json(served), "error_reason");
  }

  // The id of a new machine, or "" when it was refused.
  std::string launch(const std::string& more = "") {
    const Json made = json(call("POST", kMachines, launch_body(more)));
    const auto id = made.get("instances").at(0).integer("id");
    return id ? std::to_string(*id) : "";
  }
  // A machine that has been ACTIVE for no time. REQUIRES: it boots in 100 seconds.
  std::string active(const std::string& more = "") {
    std::string id = launch(more);
    advance(100);
    assert_string_equal(status(id).c_str(), "ACTIVE");
    return id;
  }
  // A good order with `more` in it.
  static std::string launch_body(const std::string& more = "") {
    const auto body = Json::parse(
        R"json({"name":"gpu","environment_name":"fleet","flavor_name":"n3-H100x8",)json"
        R"json("key_name":"ops","image_name":"Ubuntu Server 24.04 LTS (Noble Numbat)",)json"
        R"json("count":1})json",
        "body");
    return with_members(*body, more).dump();
  }
  Json machine(const std::string& id) {
    return get(std::string(kMachines) + "/" + id).get("instance");
  }
  std::string status(const std::string& id) { return text(machine(id), "status"); }
  // One of the calls that are made by GET: "stop".
  std::string act(const std::string& id, const std::string& what) {
    return error(call("GET", std::string(kMachines) + "/" + id + "/" + what));
  }
  std::string remove(const std::string& id) {
    return error(call("DELETE", std::string(kMachines) + "/" + id));
  }
  std::int64_t cost() { return admin("/sim/invoice").integer("total_microusd").value_or(-1); }
};

}  // namespace spillway
