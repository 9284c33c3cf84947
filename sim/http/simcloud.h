// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "lib/result.h"

namespace spillway {

struct SimcloudOptions {
  std::string listen = "127.0.0.1:0";
  std::string folder;
  std::string scenario_file;
  std::string ready_file;  // empty: none
};

// Runs the simulated clouds until SIGTERM or SIGINT. REQUIRES: called by the main thread, before
// there are others.
[[nodiscard]] Status run_simcloud(const SimcloudOptions& options);

}  // namespace spillway
