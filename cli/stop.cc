// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/stop.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "cli/command_parts.h"

namespace spillway {
namespace {

constexpr int kDone = SIGUSR1;  // from the worker

}  // namespace

void Stop::ask() {
  const std::lock_guard lock(mutex_);
  asked_ = true;
  changed_.notify_all();
}

bool Stop::is_asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void Stop::wait(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  const bool before = asked_;
  changed_.wait_for(lock, duration, [&] { return asked_ != before; });
}

void run_stoppable(Stop& stop,
                   const std::function<void()>& work,
                   const std::function<std::string()>& last_words) {
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, kDone})
    sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, &before);  // the worker inherits it
  (void)signal(SIGPIPE, SIG_IGN);
  const pthread_t waiter = pthread_self();
  std::thread worker([&] {
    work();
    pthread_kill(waiter, kDone);
  });
  int number = 0;
  while (sigwait(&signals, &number) == 0 && number != kDone) {
    if (stop.is_asked()) {
      const auto words = last_words();
      complain(words.empty() ? "nothing bills" : words);
      _exit(kExitFailure);
    }
    complain("stops as soon as nothing bills; again to leave at once");
    stop.ask();
  }
  worker.join();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace spillway
