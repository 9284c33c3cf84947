// SPDX-License-Identifier: GPL-2.0-or-later
//
// Threads that ask the endpoints and read archives, since the desk's answers take their time, and
// so may a disk.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "lib/result.h"

namespace spillway {

class AnswerPool {
 public:
  // Done by one of the pool's threads.
  using Job = std::function<void()>;

  // Errors: kIo, a thread cannot be made.
  [[nodiscard]] static Result<std::unique_ptr<AnswerPool>> start(int workers);
  // Waits for the jobs under way; what has not begun is dropped.
  ~AnswerPool();
  AnswerPool(const AnswerPool&) = delete;
  AnswerPool& operator=(const AnswerPool&) = delete;

  void post(Job job);

 private:
  AnswerPool() = default;

  void work();
  std::optional<Job> next();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool is_stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace spillway
