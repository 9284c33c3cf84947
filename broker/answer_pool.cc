// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/answer_pool.h"

#include <string>
#include <system_error>

namespace spillway {

Result<std::unique_ptr<AnswerPool>> AnswerPool::start(int workers,
                                                      JoinEndpoints& endpoints,
                                                      Done done) {
  std::unique_ptr<AnswerPool> pool(new AnswerPool(endpoints, std::move(done)));
  try {
    for (int i = 0; i < workers; ++i)
      pool->workers_.emplace_back([&pool = *pool] { pool.work(); });
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kIo, std::string("join: a thread: ") + error.what(), {}};
  }
  return pool;
}

AnswerPool::~AnswerPool() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  for (auto& worker : workers_)
    worker.join();
}

void AnswerPool::ask(std::uint64_t connection, JoinRequest request) {
  {
    const std::lock_guard lock(mutex_);
    questions_.emplace_back(connection, std::move(request));
  }
  changed_.notify_one();
}

void AnswerPool::work() {
  while (const auto question = next())
    done_(question->first, endpoints_.answer(question->second));
}

std::optional<AnswerPool::Question> AnswerPool::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !questions_.empty() || is_stopping_; });
  if (is_stopping_) return {};
  Question question = std::move(questions_.front());
  questions_.pop_front();
  return question;
}

}  // namespace spillway
