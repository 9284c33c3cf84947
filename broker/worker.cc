// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/worker.h"

#include <utility>

namespace spillway {

void Worker::start(Routine routine) {
  routine_ = std::move(routine);
  thread_ = std::thread([this] { run(); });
}

void Worker::add(Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  changed_.notify_all();
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool Worker::wait(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, duration, [this] { return stopping_; });
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
      continue;
    }
    lock.unlock();
    const auto pause = routine_();
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return stopping_ || !tasks_.empty(); });
  }
}

}  // namespace spillway
