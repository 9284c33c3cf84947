// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "broker/broker.h"
#include "lib/file.h"

namespace spillway {

Result<std::unique_ptr<Inbox>> Inbox::open() {
  const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) return file_error("eventfd", errno);
  return std::unique_ptr<Inbox>(new Inbox(descriptor));
}

Inbox::~Inbox() {
  ::close(descriptor_);
}

void Inbox::post(Observation observation) {
  post(
      Errand([observation = std::move(observation)](Broker& broker) { broker.take(observation); }));
}

void Inbox::post(Errand errand) {
  const std::lock_guard lock(mutex_);
  errands_.push_back(std::move(errand));
  // The counter cannot overflow; a failed write would only delay until the next timer.
  [[maybe_unused]] const auto written = eventfd_write(descriptor_, 1);
}

bool Inbox::deliver(Broker& broker) {
  std::vector<Errand> errands;
  {
    const std::lock_guard lock(mutex_);
    eventfd_t count = 0;
    [[maybe_unused]] const auto read = eventfd_read(descriptor_, &count);
    errands.swap(errands_);
  }
  for (const auto& errand : errands)
    errand(broker);
  return !errands.empty();
}

}  // namespace spillway
