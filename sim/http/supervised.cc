// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/supervised.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "lib/file.h"
#include "sim/http/supervisor.h"

namespace spillway {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> found;
  found.reserve(texts.size() + 1);
  for (std::string& text : texts)
    found.push_back(text.data());
  found.push_back(nullptr);
  return found;
}

// What posix_spawn wants to be told, and has to be given back. Nothing of ours is inherited:
// standard input is empty, no signal is blocked or ignored, other descriptors are closed.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes_, &set);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&attributes_, &set);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // Output goes to the file `log`, `control` becomes the control pipe.
  void supervise(const std::string& log, int control) {
    posix_spawn_file_actions_addopen(
        &actions_, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, S_IRUSR | S_IWUSR);
    posix_spawn_file_actions_adddup2(&actions_, 1, 2);
    posix_spawn_file_actions_adddup2(&actions_, control, kSupervisorControl);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kSupervisorControl + 1);
  }

  [[nodiscard]] Result<pid_t> spawn(Command command) {
    if (!command.folder.empty())
      posix_spawn_file_actions_addchdir_np(&actions_, command.folder.c_str());
    const std::vector<char*> words = pointers(command.words);
    const std::vector<char*> environment = pointers(command.environment);
    pid_t pid = 0;
    const int error =
        posix_spawn(&pid, words[0], &actions_, &attributes_, words.data(), environment.data());
    if (error != 0) return file_error(command.words[0], error);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Status Supervised::start(const std::string& id, const Command& command, const std::string& log) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return file_error("pipe", errno);
  const Descriptor theirs(pipe_ends[0]);
  Descriptor ours(pipe_ends[1]);
  Command supervisor = command;
  supervisor.words.insert(supervisor.words.begin(), {program_, "--supervise"});
  SpawnPlan plan;
  plan.supervise(log, theirs.number());
  const auto pid = plan.spawn(std::move(supervisor));
  if (!pid) return pid.error();
  supervisors_[id] = {*pid, std::move(ours)};
  return {};
}

void Supervised::stop(const std::string& id) {
  const auto found = supervisors_.find(id);
  if (found == supervisors_.end()) return;
  found->second.control.close();
  while (waitpid(found->second.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  supervisors_.erase(found);
}

void Supervised::stop_all() {
  // All are told before any is waited for. The closed pipe tells; a signal as well would be lost
  // on one that has not yet come so far as to block it.
  for (auto& [id, supervisor] : supervisors_)
    supervisor.control.close();
  while (!supervisors_.empty())
    stop(supervisors_.begin()->first);
}

}  // namespace spillway
