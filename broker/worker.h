// SPDX-License-Identifier: GPL-2.0-or-later
//
// A thread with a queue of tasks and regular work between them: what a lane is made of.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace spillway {

class Worker {
 public:
  using Task = std::function<void()>;
  // Does what is due and returns how long until something is due again.
  using Routine = std::function<std::chrono::milliseconds()>;

  Worker() = default;
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start(Routine routine);
  // Queued tasks go before the routine.
  void add(Task task);
  // Ends wait() and the thread; queued tasks are dropped. What is under way is waited for.
  void stop();

  // For the thread's own pauses: false when the worker is to stop.
  [[nodiscard]] bool wait(std::chrono::milliseconds duration);

 private:
  void run();

  Routine routine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace spillway
