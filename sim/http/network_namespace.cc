// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/network_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

#include "lib/file.h"

namespace spillway {
namespace {

constexpr const char* kOwn = "/proc/thread-self/ns/net";

}  // namespace

Result<NetworkNamespace> NetworkNamespace::make() {
  const Descriptor here = open_file(kOwn, O_RDONLY);
  if (!here.is_open()) return file_error(kOwn, errno);
  if (unshare(CLONE_NEWNET) != 0) return file_error("a network namespace", errno);
  Descriptor made = open_file(kOwn, O_RDONLY);
  const int error = errno;
  if (setns(here.number(), CLONE_NEWNET) != 0) return file_error("the way back", errno);
  if (!made.is_open()) return file_error(kOwn, error);
  return NetworkNamespace(std::move(made));
}

std::string NetworkNamespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_.number());
}

}  // namespace spillway
