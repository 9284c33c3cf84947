// SPDX-License-Identifier: GPL-2.0-or-later
//
// A driver, and the recording that answers it; its pace runs on a clock that jumps.
#pragma once

#include <memory>
#include <string>

#include "providers/registry.h"
#include "tests/support/cmocka.h"
#include "tests/support/recorded_exchange.h"

namespace spillway {

struct ExchangeScene {
  ManualClock clock;
  RecordedExchange recording;
  std::unique_ptr<Provider> provider;

  // Plays tests/data/<provider>/<file>.http to the driver that `config` names, whose key is "KEY".
  ExchangeScene(const std::string& file, const ProviderConfig& config, TimePoint start)
      : clock(start), recording(RecordedExchange::open(config.name + "/" + file + ".http")) {
    const auto wait = [this](std::chrono::milliseconds duration) {
      clock.advance(duration);
      return true;
    };
    auto made = make_provider({config, Secret("KEY"), recording, clock, wait});
    if (!made) fail_msg("%s", made.error().message.c_str());
    provider = *std::move(made);
  }

  // REQUIRES: all that the test does is done.
  void assert_played() const {
    const auto verdict = recording.verdict();
    if (!verdict.empty()) fail_msg("%s", verdict.c_str());
  }
};

template <typename T>
T value_of(Result<T> result) {
  if (!result) fail_msg("%s", result.error().message.c_str());
  return *std::move(result);
}

template <typename T>
void assert_error(const Result<T>& result, ErrorCode code, const char* message) {
  if (result) fail_msg("no error, but was expected: %s", message);
  if (result.error().code != code) fail_msg("%s", error_code_name(result.error().code));
  assert_string_equal(result.error().message.c_str(), message);
}

}  // namespace spillway
