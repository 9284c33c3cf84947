// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "lib/descriptor.h"
#include "lib/file.h"
#include "lib/text.h"

namespace spillway {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kOutputLimit = std::size_t{64} << 10U;
constexpr std::size_t kLongestLine = 200;

class SpawnPlan {
 public:
  explicit SpawnPlan(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes_, &set);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&attributes_, &set);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] Result<pid_t> spawn(const std::string& file, std::vector<std::string> words) const {
    std::vector<char*> arguments;
    for (auto& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const int error =
        posix_spawn(&pid, file.c_str(), &actions_, &attributes_, arguments.data(), environ);
    if (error != 0) return file_error(file, error);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// False when the time is over before.
bool is_readable_by(const Descriptor& descriptor, Steady::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
    pollfd watched{descriptor.number(), POLLIN, 0};
    const int ready = poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0;
  }
}

// Reads until the other end closes, or the time is over: then false.
bool read_output(const Descriptor& pipe, Steady::time_point until, std::string& output) {
  std::array<char, 4096> buffer{};
  while (is_readable_by(pipe, until)) {
    const auto size = read(pipe.number(), buffer.data(), buffer.size());
    if (size <= 0) return true;
    const auto room = kOutputLimit - output.size();
    output.append(buffer.data(), std::min(static_cast<std::size_t>(size), room));
  }
  return false;
}

// It may close its output and live on. Before Linux 5.3 there is no such descriptor: then it is
// waited for without end.
bool ends_by(pid_t pid, Steady::time_point until) {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  return !process.is_open() || is_readable_by(process, until);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string last_line(std::string_view output) {
  std::string line;
  for (const auto each : split(output, '\n')) {
    if (!trim(each).empty()) line = printable(trim(each), kLongestLine);
  }
  return line;
}

Error failure(const std::vector<std::string>& words,
              const std::string& how,
              std::string_view output) {
  auto message = join(words, " ") + ": " + how;
  if (const auto line = last_line(output); !line.empty()) message += ": " + line;
  return Error{ErrorCode::kIo, message, {}};
}

}  // namespace

// An ordinary PATH lacks the folders that hold ip(8) and wg(8).
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* own = std::getenv("PATH");
  const auto path =
      std::string(own == nullptr ? "" : own) + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
  for (const auto folder : split(path, ':')) {
    const auto file = std::string(folder) + "/" + name;
    if (!folder.empty() && access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

Result<std::string> run_program(const std::vector<std::string>& words,
                                std::chrono::milliseconds patience) {
  const auto file = find_program(words.front());
  if (file.empty()) return Error{ErrorCode::kNotFound, words.front() + ": not installed", {}};
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return file_error("pipe", errno);
  const Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  const auto pid = SpawnPlan(theirs.number()).spawn(file, words);
  if (!pid) return pid.error();
  theirs.close();
  std::string output;
  const auto until = Steady::now() + patience;
  const bool in_time = read_output(ours, until, output) && ends_by(*pid, until);
  if (!in_time) kill(*pid, SIGKILL);
  const int status = wait_for(*pid);
  if (!in_time) return failure(words, "took too long", output);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  const auto how = WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status))
                                     : "signal " + std::to_string(WTERMSIG(status));
  return failure(words, how, output);
}

}  // namespace spillway
