// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/power_program.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "ledger/ledger.h"
#include "lib/file.h"
#include "lib/text.h"
#include "tests/support/cmocka.h"

namespace spillway::testing {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Starts the program with `terminal` as descriptor 2, or all three closed when it is -1.
pid_t start(const Call& call, int terminal) {
  const char* build = getenv("SPILLWAY_BUILD_DIR");
  if (build == nullptr) fail_msg("SPILLWAY_BUILD_DIR is not set");
  std::vector<std::string> arguments = {std::string(build) + "/bin/" + call.program};
  arguments.insert(arguments.end(), call.arguments.begin(), call.arguments.end());
  auto environment = call.environment;
  const auto argument_pointers = pointers_to(arguments);
  const auto environment_pointers = pointers_to(environment);
  const pid_t child = fork();
  if (child != 0) return child;
  if (terminal >= 0) {
    dup2(terminal, STDERR_FILENO);
  } else {
    close(STDERR_FILENO);
  }
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  execve(argument_pointers[0], argument_pointers.data(), environment_pointers.data());
  _exit(126);
}

std::vector<std::string> read_lines(int terminal) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto length = read(terminal, buffer, sizeof buffer);
    if (length <= 0) break;  // the last writer is gone
    text.append(buffer, static_cast<std::size_t>(length));
  }
  std::vector<std::string> lines;
  for (const auto line : split(text, '\n')) {
    if (!trim(line).empty()) lines.emplace_back(trim(line));
  }
  return lines;
}

}  // namespace

int wait_for_exit(pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

pid_t start_call(const Call& call) {
  return start(call, -1);
}

Outcome run_call(const Call& call) {
  if (call.descriptors == Descriptors::kClosed) return {wait_for_exit(start(call, -1)), {}};
  const int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_true(ours >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0);
  const int theirs = open(ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
  assert_true(theirs >= 0);
  const pid_t child = start(call, theirs);
  close(theirs);
  Outcome outcome;
  outcome.lines = read_lines(ours);
  outcome.status = wait_for_exit(child);
  close(ours);
  return outcome;
}

PowerFolder::PowerFolder() : folder_("/tmp/spillway-power-XXXXXX") {
  assert_non_null(mkdtemp(folder_.data()));
  write("spillway.yaml", "ledger: " + ledger() + "\n");
}

PowerFolder::~PowerFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PowerFolder::write(const std::string& name, const std::string& text) const {
  assert_true(static_cast<bool>(write_file_atomically(path(name), text)));
}

std::vector<Request> PowerFolder::requests() const {
  if (!std::filesystem::exists(ledger())) return {};
  const auto opened = Ledger::open(ledger(), Ledger::Access::kReadOnly);
  if (!opened) fail_msg("%s", opened.error().message.c_str());
  auto requests = (*opened)->open_requests();
  if (!requests) fail_msg("%s", requests.error().message.c_str());
  return *std::move(requests);
}

}  // namespace spillway::testing
