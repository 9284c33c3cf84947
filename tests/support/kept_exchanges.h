// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keeps what tests exchange with clouds, for tests/spec to hold against their specifications: a
// JSON object a line in the file that SPILLWAY_EXCHANGES names. Without that variable nothing is
// kept. Headers are not kept, and so no keys.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "lib/http.h"
#include "lib/json.h"
#include "tests/support/cmocka.h"

namespace spillway {

// Borne by what the simulated cloud answers and its cloud never would; says which fault it was.
inline constexpr const char* kFaultHeader = "sim-fault";

struct Exchange {
  std::string provider;
  bool is_drivers = false;  // the request is a driver's; a test's may be wrong on purpose
  std::string method;
  std::string target;  // path and query as they were sent, below the base of the cloud's API
  std::string request;
  int status = 0;  // 0: no answer came
  std::string type;
  std::string response;
  std::string fault;  // why the answer is none of the cloud's; empty: it is
};

// Emptied before the first test, or one that keeps nothing would leave what an earlier run kept.
inline const std::string kept_exchanges_path = [] {
  const char* const path = std::getenv("SPILLWAY_EXCHANGES");  // NOLINT: no threads yet
  if (path == nullptr) return std::string();
  if (!std::ofstream(path, std::ios::trunc)) std::abort();
  return std::string(path);
}();

inline void keep(const Exchange& exchange) {
  if (kept_exchanges_path.empty()) return;
  const auto line = Json::object()
                        .set("provider", exchange.provider)
                        .set("by", exchange.is_drivers ? "driver" : "test")
                        .set("method", exchange.method)
                        .set("target", exchange.target)
                        .set("request", exchange.request)
                        .set("status", exchange.status)
                        .set("type", exchange.type)
                        .set("response", exchange.response)
                        .set("fault", exchange.fault);
  std::ofstream file(kept_exchanges_path, std::ios::app);
  file << line.dump() << '\n';
  if (!file.flush()) fail_msg("cannot write %s", kept_exchanges_path.c_str());
}

// Keeps what a driver sends below `base_url`, and what comes back. `inner` must outlive it.
class KeepingTransport final : public Transport {
 public:
  KeepingTransport(Transport& inner, std::string provider, std::string base_url)
      : inner_(inner), provider_(std::move(provider)), base_url_(std::move(base_url)) {}

  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override {
    if (!request.url.starts_with(base_url_)) fail_msg("not below the API: %s", request.url.c_str());
    auto answer = inner_.send(request);
    Exchange exchange;
    exchange.provider = provider_;
    exchange.is_drivers = true;
    exchange.method = request.method;
    exchange.target = request.url.substr(base_url_.size());
    exchange.request = request.body;
    if (answer) {
      exchange.status = answer->status;
      exchange.type = header_of(*answer, "content-type");
      exchange.response = answer->body;
      exchange.fault = header_of(*answer, kFaultHeader);
    }
    keep(exchange);
    return answer;
  }

 private:
  static std::string header_of(const HttpAnswer& answer, std::string_view name) {
    const auto* const value = answer.header(name);
    return value == nullptr ? "" : *value;
  }

  Transport& inner_;
  std::string provider_;
  std::string base_url_;
};

}  // namespace spillway
