// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/apart.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "lib/descriptor.h"
#include "lib/file.h"
#include "lib/text.h"
#include "lib/time.h"

namespace spillway {
namespace {

constexpr std::size_t kMostWords = std::size_t{4} << 20U;
constexpr std::string_view kAnswer = "spillway-answer ";  // what is said after it is the answer

// In the child. What libslurm has to say on stderr goes the same way as the answer.
[[noreturn]] void answer(const std::function<std::string()>& say, int to) {
  dup2(to, STDOUT_FILENO);
  dup2(to, STDERR_FILENO);
  const std::string text = "\n" + std::string(kAnswer) + say() + "\n";
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = write(STDOUT_FILENO, text.data() + at, text.size() - at);
    if (written <= 0) break;
    at += static_cast<std::size_t>(written);
  }
  _exit(0);
}

// Everything that comes until the other side closes, or the time is over.
std::string listen_to(const Descriptor& from, std::chrono::seconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::string words;
  std::array<char, 4096> part{};
  while (words.size() < kMostWords) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd waiting{from.number(), POLLIN, 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) break;
    const ssize_t size = read(from.number(), part.data(), part.size());
    if (size <= 0) break;
    words.append(part.data(), static_cast<std::size_t>(size));
  }
  return words;
}

std::string last_line(std::string_view words) {
  words = trim(words);
  return std::string(words.substr(words.rfind('\n') + 1));
}

}  // namespace

Result<std::string> say_apart(const std::function<std::string()>& say,
                              std::chrono::seconds patience) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return file_error("pipe", errno);
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  const pid_t child = fork();
  if (child < 0) return file_error("fork", errno);
  if (child == 0) answer(say, to.number());
  to.close();
  const auto words = listen_to(from, patience);
  kill(child, SIGKILL);  // it has said all, or says nothing any more
  waitpid(child, nullptr, 0);
  const auto last = last_line(words);
  if (last.starts_with(kAnswer)) return last.substr(kAnswer.size());
  return Error{ErrorCode::kIo,
               last.empty() ? "no answer after " + format_duration(patience) : printable(last, 300),
               {}};
}

}  // namespace spillway
