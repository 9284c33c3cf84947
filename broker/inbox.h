// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the other threads leave word for the broker's thread: observations and errands.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "broker/observation.h"
#include "lib/result.h"

namespace spillway {

class Broker;

class Inbox {
 public:
  // Work to be done with the broker in its own thread.
  using Errand = std::function<void(Broker&)>;

  // Errors: kIo.
  [[nodiscard]] static Result<std::unique_ptr<Inbox>> open();
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  void post(Observation observation);
  void post(Errand errand);
  // Readable while there is word.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Hands all word to the broker, in its order. Returns whether there was any.
  bool deliver(Broker& broker);

 private:
  explicit Inbox(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  std::mutex mutex_;
  std::vector<Errand> errands_;
};

}  // namespace spillway
