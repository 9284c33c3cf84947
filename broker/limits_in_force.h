// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration as it holds now: the file's, with what an admin has set since. It is big where
// there are many nodes, so it is made anew only when the settings have changed.
#pragma once

#include <optional>

#include "core/books.h"
#include "core/config.h"
#include "lib/time.h"

namespace spillway {

class LimitsInForce {
 public:
  // `file` must outlive this.
  explicit LimitsInForce(const Config& file) : file_(file) {}

  // REQUIRES: no setting's time is over. Good until the next call.
  [[nodiscard]] const Config& with(const Settings& settings, TimePoint now);

 private:
  const Config& file_;
  Settings settings_;
  std::optional<Config> config_;  // nothing while nothing is set
};

}  // namespace spillway
