// SPDX-License-Identifier: GPL-2.0-or-later
//
// Threads that ask the endpoints, since the desk's answers take their time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "broker/join_endpoints.h"
#include "lib/result.h"

namespace spillway {

class AnswerPool {
 public:
  // Called from the pool's threads.
  using Done = std::function<void(std::uint64_t connection, JoinAnswer answer)>;

  // `endpoints` must outlive it. Errors: kIo, a thread cannot be made.
  [[nodiscard]] static Result<std::unique_ptr<AnswerPool>> start(int workers,
                                                                 JoinEndpoints& endpoints,
                                                                 Done done);
  // Waits for the answers under way; what has not begun is dropped.
  ~AnswerPool();
  AnswerPool(const AnswerPool&) = delete;
  AnswerPool& operator=(const AnswerPool&) = delete;

  void ask(std::uint64_t connection, JoinRequest request);

 private:
  using Question = std::pair<std::uint64_t, JoinRequest>;

  AnswerPool(JoinEndpoints& endpoints, Done done) : endpoints_(endpoints), done_(std::move(done)) {}

  void work();
  std::optional<Question> next();

  JoinEndpoints& endpoints_;
  const Done done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> questions_;
  bool is_stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace spillway
