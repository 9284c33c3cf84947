// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/answer_pool.h"

#include <string>
#include <system_error>
#include <utility>

namespace spillway {

Result<std::unique_ptr<AnswerPool>> AnswerPool::start(int workers) {
  std::unique_ptr<AnswerPool> pool(new AnswerPool);
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

void AnswerPool::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void AnswerPool::work() {
  while (const auto job = next())
    (*job)();
}

std::optional<AnswerPool::Job> AnswerPool::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !jobs_.empty() || is_stopping_; });
  if (is_stopping_) return {};
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

}  // namespace spillway
