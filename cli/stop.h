// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ctrl-C for work that must not be left half done.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

namespace spillway {

// The wish to stop, from one thread to another.
class Stop {
 public:
  void ask();
  [[nodiscard]] bool is_asked() const;
  // Lets `duration` pass; ends early when stopping is asked for meanwhile, not when it was before.
  void wait(std::chrono::milliseconds duration);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;
};

// Runs `work` on a thread of its own. The first SIGINT, SIGTERM or SIGHUP asks `stop`; at the
// second `last_words` are said on stderr and the process ends at once with exit code 1. A reader
// of our output that goes away ends nothing.
void run_stoppable(Stop& stop,
                   const std::function<void()>& work,
                   const std::function<std::string()>& last_words);

}  // namespace spillway
