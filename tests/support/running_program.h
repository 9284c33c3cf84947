// SPDX-License-Identifier: GPL-2.0-or-later
//
// A program that a test runs, talks to by signals and listens to. It ends with the value, and with
// the test.
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/cmocka.h"

namespace spillway {

// Path of what the build made, "bin/spillway".
inline std::string built(const std::string& path) {
  const char* const build = std::getenv("SPILLWAY_BUILD_DIR");
  return std::string(build == nullptr ? "." : build) + "/" + path;
}

class RunningProgram {
 public:
  // Its path, and the arguments. It has no input; stdout and stderr are one.
  explicit RunningProgram(std::vector<std::string> words) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) fail_msg("no pipe");
    pid_ = fork();
    if (pid_ == 0) become(std::move(words), ends);
    close(ends[1]);
    from_ = ends[0];
  }
  ~RunningProgram() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(from_);
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  void await(const std::string& words) {
    while (said.find(words) == std::string::npos) {
      if (!read_more()) fail_showing("never said: " + words);
    }
  }
  void send(int number) const { kill(pid_, number); }
  // Reads to the end and gives the exit code.
  int finish() {
    while (read_more()) {
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void expect_said(const std::string& words) const {
    if (said.find(words) == std::string::npos) fail_showing("not said: " + words);
  }
  void expect_exit(int code) {
    const int exited = finish();
    if (exited != code) fail_showing("exit code " + std::to_string(exited));
  }

  std::string said;

 private:
  // cmocka would cut what is long.
  void fail_showing(const std::string& what) const {
    (void)std::fputs(said.c_str(), stderr);
    fail_msg("%s", what.c_str());
  }

  // In the child.
  [[noreturn]] static void become(std::vector<std::string> words, const std::array<int, 2>& ends) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(STDIN_FILENO);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }

  bool read_more() {
    std::array<char, 4096> part{};
    pollfd waiting{from_, POLLIN, 0};
    constexpr auto kPatience = std::chrono::milliseconds(std::chrono::minutes(1)).count();
    if (poll(&waiting, 1, static_cast<int>(kPatience)) <= 0) return false;
    const ssize_t size = read(from_, part.data(), part.size());
    if (size > 0) said.append(part.data(), static_cast<std::size_t>(size));
    return size > 0;
  }

  pid_t pid_ = -1;
  int from_ = -1;
};

}  // namespace spillway
