// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/driver.h"

#include <thread>

#include "tests/support/cmocka.h"

namespace spillway::contract {

using std::chrono::milliseconds;

Wait as_documented() {
  return [](milliseconds duration) {
    std::this_thread::sleep_for(duration);
    return true;
  };
}

Wait never() {
  return [](milliseconds) { return true; };
}

const Clock& hosts_clock() {
  static const SystemClock kClock;
  return kClock;
}

Result<HttpAnswer> AskingWire::send(const HttpRequest& request) {
  if (request.method == "GET") return inner_.send(request);
  return Error{ErrorCode::kIo, "was about to send " + request.method + " " + request.url, {}};
}

std::unique_ptr<Provider> make_driver(const ProviderParts& parts) {
  auto made = make_provider(parts);
  if (!made) fail_msg("%s", made.error().message.c_str());
  return *std::move(made);
}

std::unique_ptr<Provider> make_driver(const ProviderParts& parts, const std::string& key) {
  return make_driver({parts.config, Secret(key), parts.transport, parts.clock, parts.wait});
}

std::unique_ptr<Provider> make_driver(const ProviderParts& parts, AskingWire& wire) {
  return make_driver({parts.config, parts.key, wire, parts.clock, parts.wait});
}

}  // namespace spillway::contract
