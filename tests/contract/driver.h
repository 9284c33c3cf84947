// SPDX-License-Identifier: GPL-2.0-or-later
//
// How both stages make drivers: that wait or do not, with another key, on a wire that carries
// nothing but questions.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "lib/http.h"
#include "lib/time.h"
#include "providers/registry.h"

namespace spillway::contract {

// ProviderParts::wait.
using Wait = std::function<bool(std::chrono::milliseconds duration)>;
[[nodiscard]] Wait as_documented();
// The driver calls as fast as it can.
[[nodiscard]] Wait never();

[[nodiscard]] const Clock& hosts_clock();

// An order or an end that comes here is an error, and is not sent.
class AskingWire final : public Transport {
 public:
  explicit AskingWire(Transport& inner) : inner_(inner) {}
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override;

 private:
  Transport& inner_;
};

// Each fails the test where there is no such driver.
[[nodiscard]] std::unique_ptr<Provider> make_driver(const ProviderParts& parts);
[[nodiscard]] std::unique_ptr<Provider> make_driver(const ProviderParts& parts,
                                                    const std::string& key);
[[nodiscard]] std::unique_ptr<Provider> make_driver(const ProviderParts& parts, AskingWire& wire);

}  // namespace spillway::contract
