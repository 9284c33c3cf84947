// SPDX-License-Identifier: GPL-2.0-or-later
//
// A driver, and the recording that answers it; its pace runs on a clock that jumps. Tables say what
// each recording comes to; a recording's name says what happens in it.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "providers/registry.h"
#include "tests/support/cmocka.h"
#include "tests/support/recorded_exchange.h"

namespace spillway {

using Ids = std::vector<std::string>;

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

  void assert_nothing_sent() const {
    assert_non_null(std::strstr(recording.verdict().c_str(), "was never sent"));
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

// How a call ends that is not done. Each message has a beginning that all of a table share.
struct RefusedCase {
  const char* file;
  ErrorCode cure;
  const char* message;
};

// `call` asks the provider of a `Scene` that plays the row's recording.
template <typename Scene, typename Call>
void assert_refused(const RefusedCase& row, const std::string& begins, const Call& call) {
  Scene scene(row.file);
  const auto result = call(*scene.provider);
  scene.assert_played();
  if (result) fail_msg("%s: is done", row.file);
  const auto& error = result.error();
  const bool is_told = error.code == row.cure && error.message == begins + row.message;
  if (!is_told)
    fail_msg("%s: %s: %s", row.file, error_code_name(error.code), error.message.c_str());
}

template <typename Scene, std::size_t N>
void assert_orders_refused(const RefusedCase (&rows)[N],
                           const std::string& begins,
                           const OrderSpec& spec) {
  for (const auto& row : rows)
    assert_refused<Scene>(row, begins, [&](Provider& provider) { return provider.order(spec); });
}

template <typename Scene, std::size_t N>
void assert_lists_refused(const RefusedCase (&rows)[N], const std::string& begins) {
  for (const auto& row : rows)
    assert_refused<Scene>(
        row, begins, [](Provider& provider) { return provider.machines("hpc1"); });
}

template <typename Scene>
void assert_never_ordered(const char* file, const std::vector<OrderSpec>& wrong) {
  for (const auto& spec : wrong) {
    Scene scene(file);
    const auto ordered = scene.provider->order(spec);
    if (ordered || ordered.error().code != ErrorCode::kInvalid) fail_msg("not refused as invalid");
    scene.assert_nothing_sent();
  }
}

struct ReleasedCase {
  const char* file;
  Ids asked;
  Ids accepted;
};

template <typename Scene>
void assert_released(const std::vector<ReleasedCase>& rows) {
  for (const auto& row : rows) {
    Scene scene(row.file);
    const auto released = scene.provider->release(row.asked);
    scene.assert_played();
    if (!released) fail_msg("%s: %s", row.file, released.error().message.c_str());
    if (released->accepted != row.accepted) fail_msg("%s: other ids are accepted", row.file);
  }
}

template <typename Scene>
void assert_release_of_nothing_sends_nothing(const char* file) {
  Scene scene(file);
  assert_true(value_of(scene.provider->release({})).accepted.empty());
  scene.assert_nothing_sent();
}

}  // namespace spillway
