// SPDX-License-Identifier: GPL-2.0-or-later
//
// One provider account's lane: its calls one after the other in a thread of their own, so that a
// slow or broken cloud delays nobody else. Orders and releases go before the regular questions.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/observation.h"
#include "broker/worker.h"
#include "core/config.h"
#include "lib/time.h"
#include "providers/provider.h"

namespace spillway {

class ProviderLane {
 public:
  using Post = std::function<void(Observation)>;
  // Makes the driver that waits with the lane's own pauses.
  using MakeProvider = std::function<Result<std::unique_ptr<Provider>>(
      std::function<bool(std::chrono::milliseconds)> wait)>;

  // What is referred to must outlive the lane. What is seen is dated by `wall`; when to look again
  // is told by `steady`, since a clock that is set back must not stop it. Errors: those of `make`.
  [[nodiscard]] static Result<std::unique_ptr<ProviderLane>> open(const Config& config,
                                                                  const Clock& wall,
                                                                  const Clock& steady,
                                                                  Post post,
                                                                  const MakeProvider& make);
  void start();
  void order(OrderCommand command);
  void release(ReleaseCommand command);
  void stop() { worker_.stop(); }

  [[nodiscard]] const Provider& provider() const { return *provider_; }

 private:
  ProviderLane(const Config& config, const Clock& wall, const Clock& steady, Post post);
  [[nodiscard]] std::chrono::milliseconds ask_what_is_due();

  const Config& config_;
  const Clock& wall_;
  const Clock& steady_;
  Post post_;
  std::unique_ptr<Provider> provider_;
  TimePoint offers_due_{};
  TimePoint machines_due_{};
  Worker worker_;  // last: its thread uses the others
};

}  // namespace spillway
