// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include "lib/file.h"
#include "lib/text.h"

namespace spillway {
namespace {

sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP})
    sigaddset(&set, signal);
  return set;
}

// The parent of `pid`; field 4 of /proc/PID/stat, counted from behind the name, which may contain
// anything. Source: proc(5).
std::optional<pid_t> parent_of(const std::string& pid) {
  const auto stat = read_file("/proc/" + pid + "/stat");
  if (!stat) return std::nullopt;
  const std::size_t name_end = stat->rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = split(std::string_view(*stat).substr(name_end + 2), ' ');
  if (fields.size() < 2) return std::nullopt;
  const auto parent = parse_whole_number(fields[1], INT32_MAX);
  if (!parent) return std::nullopt;
  return static_cast<pid_t>(*parent);
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc"), closedir);
  if (folder == nullptr) return children;
  while (const dirent* entry = readdir(folder.get())) {  // NOLINT(concurrency-*): one thread
    const auto pid = parse_whole_number(&entry->d_name[0], INT32_MAX);
    if (pid && parent_of(&entry->d_name[0]) == parent) children.push_back(static_cast<pid_t>(*pid));
  }
  return children;
}

// Reaps what has ended; false when no child is left.
bool reap() {
  pid_t pid = 0;
  do {
    pid = waitpid(-1, nullptr, WNOHANG);
  } while (pid > 0);
  return pid == 0;
}

// As a child dies its own children become ours, so generation after generation is taken.
void end_children() {
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  while (reap()) {
    for (const pid_t pid : children_of(getpid()))
      kill(pid, SIGKILL);
    const timespec patience{0, 20'000'000};
    sigtimedwait(&child_ended, nullptr, &patience);
  }
}

// REQUIRES: called in a fresh child. Does not return.
[[noreturn]] void run(char** command) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(022);
  setsid();
  execv(command[0], command);
  std::perror(command[0]);
  _exit(127);
}

// Waits until the machine is to end, reaping meanwhile.
void stay(int signals) {
  std::array<pollfd, 2> watched{{{signals, POLLIN, 0}, {kSupervisorControl, POLLIN, 0}}};
  for (;;) {
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if (watched[1].revents != 0) return;
    if (watched[0].revents == 0) continue;
    signalfd_siginfo signal{};
    if (read(signals, &signal, sizeof signal) != sizeof signal) continue;
    if (signal.ssi_signo != SIGCHLD) return;
    reap();
  }
}

}  // namespace

int supervise(char** command) {
  const sigset_t awaited = awaited_signals();
  sigprocmask(SIG_SETMASK, &awaited, nullptr);
  // Should the simulator be dead already, the control pipe is closed, and that is seen below.
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    std::perror("prctl");
    return 1;
  }
  const int signals = signalfd(-1, &awaited, SFD_CLOEXEC);
  if (signals < 0 || fcntl(kSupervisorControl, F_SETFD, FD_CLOEXEC) != 0) {
    std::perror("supervisor");
    return 1;
  }
  if (command[0] != nullptr) {
    const pid_t child = fork();
    if (child == 0) run(command);
    if (child < 0) std::perror("fork");
  }
  stay(signals);
  end_children();
  return 0;
}

}  // namespace spillway
