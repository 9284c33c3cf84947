// SPDX-License-Identifier: GPL-2.0-or-later
//
// The seam between the simulator and the clouds it plays: a cloud's API is a function from an
// HTTP request to an HTTP answer, both plain values, over the model. No sockets on this side.
// Written from the clouds' documents; shares nothing with providers/, or a shared mistake would
// hide.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/json.h"

namespace spillway {

struct ApiRequest {
  std::string method;
  std::string path;  // decoded, without the query; for a cloud's API without its prefix
  std::map<std::string, std::string> query;
  std::string target;                          // as it was sent: encoded, whole path and query
  std::map<std::string, std::string> headers;  // by lower-case name
  std::string body;

  // The header's value; empty: none. `name` is in lower case.
  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

struct ApiAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

[[nodiscard]] inline ApiAnswer json_answer(int status, const Json& body) {
  return {status, "application/json", body.dump(), {}};
}

// What the journal keeps of an order: never keys, never user-data.
struct OrderNote {
  std::string region;
  std::string type;
  std::string name;
  int machines = 1;
};

class CloudApi {
 public:
  virtual ~CloudApi() = default;

  [[nodiscard]] virtual ApiAnswer answer(const ApiRequest& request) = 0;
  // The cloud's own words, for faults: an order refused for capacity; any other failure.
  [[nodiscard]] virtual ApiAnswer capacity_refusal() const = 0;
  [[nodiscard]] virtual ApiAnswer failure(int status) const = 0;
  // What `request` orders, if it is an order, however it ends.
  [[nodiscard]] virtual std::optional<OrderNote> order_in(const ApiRequest& request) const = 0;
};

}  // namespace spillway
