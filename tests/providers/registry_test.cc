// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/registry.h"

#include <cstring>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

class NoTransport final : public Transport {
 public:
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest&) override {
    return Error{ErrorCode::kTransient, "there is no network here", std::nullopt};
  }
};

Result<std::unique_ptr<Provider>> make(const std::string& name, const std::string& base_url) {
  static NoTransport transport;
  static const ManualClock clock{TimePoint{}};
  ProviderConfig config;
  config.name = name;
  config.base_url = base_url;
  const auto wait = [](std::chrono::milliseconds) { return true; };
  return make_provider({config, Secret("KEY"), transport, clock, wait});
}

void each_named_provider_can_be_made_and_knows_its_name(void**) {
  assert_int_not_equal(provider_names().size(), 0);
  for (const auto& name : provider_names()) {
    const auto provider = make(name, "");
    if (!provider) fail_msg("%s: %s", name.c_str(), provider.error().message.c_str());
    assert_string_equal((*provider)->name().c_str(), name.c_str());
  }
}

void unknown_provider_is_refused_with_the_names_there_are(void**) {
  const auto provider = make("lamda", "");
  assert_true(!provider && provider.error().code == ErrorCode::kInvalid);
  assert_non_null(std::strstr(provider.error().message.c_str(), "lamda"));
  for (const auto& name : provider_names())
    assert_non_null(std::strstr(provider.error().message.c_str(), name.c_str()));
}

void addresses_that_keep_the_key_private_are_taken(void**) {
  for (const char* url : {"",
                          "https://cloud.lambda.ai/api/v1",
                          "https://proxy.example:8443/lambda",
                          "http://127.0.0.1:4711/lambda/api/v1",
                          "http://127.77.0.3",
                          "http://localhost:80/x",
                          "http://[::1]:4711/"}) {
    const auto provider = make("lambda", url);
    if (!provider) fail_msg("%s: %s", url, provider.error().message.c_str());
  }
}

void addresses_that_would_show_the_key_are_refused(void**) {
  for (const char* url : {"http://cloud.lambda.ai/api/v1",
                          "http://10.0.0.1/",
                          "http://127.0.0.1.evil.example/",
                          "http://127.evil.example/",
                          "http://localhost.evil.example/",
                          "http://localhost@evil.example/",
                          "http://127.0.0.1:80@evil.example/",
                          "http://127.0.0.1/@evil.example/",
                          "http://1270.0.0.1/",
                          "http://127.0.0.1:port/",
                          "HTTP://cloud.lambda.ai/",
                          "ftp://127.0.0.1/",
                          "cloud.lambda.ai/api/v1",
                          "https:/cloud.lambda.ai",
                          " "}) {
    const auto provider = make("lambda", url);
    if (provider) fail_msg("taken: %s", url);
    if (provider.error().code != ErrorCode::kInvalid) fail_msg("another error for %s", url);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_named_provider_can_be_made_and_knows_its_name),
      cmocka_unit_test(unknown_provider_is_refused_with_the_names_there_are),
      cmocka_unit_test(addresses_that_keep_the_key_private_are_taken),
      cmocka_unit_test(addresses_that_would_show_the_key_are_refused),
  };
  return cmocka_run_group_tests_name("providers.registry", tests, nullptr, nullptr);
}
