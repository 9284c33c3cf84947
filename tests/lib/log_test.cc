// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a program writes to stderr and what not; each case in a child of its own, since the log is
// one for the process. syslog itself is not looked into.
#include "lib/log.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "lib/file.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

namespace {

// What a child that does `work` writes to stderr.
std::string stderr_of(const std::function<void()>& work) {
  const TemporaryFolder folder;
  const std::string path = folder.file("stderr");
  const pid_t child = ::fork();
  if (child == 0) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    (void)::dup2(file, STDERR_FILENO);
    work();
    ::_exit(0);
  }
  int status = -1;
  assert_int_equal(::waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  const Result<std::string> lines = read_file(path);
  assert_true(static_cast<bool>(lines));
  return *lines;
}

void lines_below_the_level_are_dropped(void**) {
  const std::string lines = stderr_of([] {
    start_log("log_test", LogLevel::kInfo, true);
    log_debug("test: hidden");
    log_info("test: shown machine=4");
    log_error("test: worse");
  });
  assert_int_equal(lines.find("hidden"), std::string::npos);
  assert_int_not_equal(lines.find("info test: shown machine=4\n"), std::string::npos);
  assert_int_not_equal(lines.find("error test: worse\n"), std::string::npos);
}

void stderr_stays_silent_unless_asked(void**) {
  const std::string lines = stderr_of([] {
    start_log("log_test", LogLevel::kDebug, false);
    log_error("test: to syslog only");
  });
  assert_string_equal(lines.c_str(), "");
}

void warnings_reach_stderr_before_the_log_is_started(void**) {
  const std::string lines = stderr_of([] {
    log_info("test: hidden");
    log_warning("test: shown");
  });
  assert_int_equal(lines.find("hidden"), std::string::npos);
  assert_int_not_equal(lines.find("warning test: shown\n"), std::string::npos);
}

void line_ends_in_foreign_words_make_no_second_line(void**) {
  const std::string lines = stderr_of([] {
    start_log("log_test", LogLevel::kInfo, true);
    log_info("test: said 'a\nerror forged: %s {}'");
  });
  assert_int_not_equal(lines.find("said 'a error forged: %s {}'\n"), std::string::npos);
}

void closed_descriptors_never_become_the_log(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("data");
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      (void)::close(number);
    start_log("log_test", LogLevel::kInfo, true);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    log_error("test: not into the file");
    ::_exit(file > STDERR_FILENO ? 0 : 1);
  }
  int status = -1;
  assert_int_equal(::waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_string_equal(read_file(path)->c_str(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(lines_below_the_level_are_dropped),
      cmocka_unit_test(stderr_stays_silent_unless_asked),
      cmocka_unit_test(warnings_reach_stderr_before_the_log_is_started),
      cmocka_unit_test(line_ends_in_foreign_words_make_no_second_line),
      cmocka_unit_test(closed_descriptors_never_become_the_log),
  };
  return cmocka_run_group_tests_name("lib.log", tests, nullptr, nullptr);
}
