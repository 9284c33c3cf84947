// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>

#include "lib/time.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat facts {};
  assert_int_equal(::stat(path.c_str(), &facts), 0);
  return facts.st_mode & 07777U;
}

long entries_in(const std::string& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

void file_errors_name_path_and_reason(void**) {
  const Error absent = file_error("/a/b", ENOENT);
  assert_true(absent.code == ErrorCode::kNotFound);
  assert_string_equal(absent.message.c_str(), "/a/b: no such file or directory");
  assert_true(file_error("/a/b", EACCES).code == ErrorCode::kIo);
}

void written_content_is_read_back_whole(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("data");
  std::string content = "first\nsecond";
  content += '\0';
  content += std::string(300'000, 'x');
  assert_true(static_cast<bool>(write_file_atomically(path, content)));
  const Result<std::string> back = read_file(path);
  assert_true(static_cast<bool>(back));
  assert_true(*back == content);
  assert_int_equal(entries_in(folder.path()), 1);
}

void file_that_is_absent_is_not_found(void**) {
  const TemporaryFolder folder;
  const Result<std::string> content = read_file(folder.file("absent"));
  assert_false(static_cast<bool>(content));
  assert_true(content.error().code == ErrorCode::kNotFound);
}

void folder_is_no_file(void**) {
  const TemporaryFolder folder;
  const Result<std::string> content = read_file(folder.path());
  assert_false(static_cast<bool>(content));
  assert_true(content.error().code == ErrorCode::kIo);
}

void file_larger_than_the_limit_is_refused(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("data");
  assert_true(static_cast<bool>(write_file_atomically(path, "12345678")));
  assert_true(static_cast<bool>(read_file(path, 8)));
  const Result<std::string> content = read_file(path, 7);
  assert_false(static_cast<bool>(content));
  assert_true(content.error().code == ErrorCode::kIo);
}

void mode_is_the_one_asked_for_whatever_the_umask(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("data");
  const mode_t before = ::umask(0077);
  assert_true(static_cast<bool>(write_file_atomically(path, "x", 0644)));
  assert_int_equal(mode_of(path), 0644);
  ::umask(0);
  assert_true(static_cast<bool>(write_file_atomically(path, "x", 0600)));
  assert_int_equal(mode_of(path), 0600);
  ::umask(before);
}

void reader_of_the_old_file_keeps_the_old_content(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("data");
  assert_true(static_cast<bool>(write_file_atomically(path, "old")));
  const std::string link = folder.file("link");
  assert_int_equal(::link(path.c_str(), link.c_str()), 0);
  assert_true(static_cast<bool>(write_file_atomically(path, "new")));
  assert_string_equal(read_file(link)->c_str(), "old");
  assert_string_equal(read_file(path)->c_str(), "new");
}

void failed_write_leaves_the_old_file_and_nothing_else(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("data");
  assert_true(static_cast<bool>(write_file_atomically(path, "old")));
  // A full disk in small: files may not grow past 4 KiB.
  rlimit before{};
  assert_int_equal(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 4096;
  (void)std::signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = write_file_atomically(path, std::string(100'000, 'x'));
  assert_int_equal(::setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_false(static_cast<bool>(status));
  assert_true(status.error().code == ErrorCode::kIo);
  assert_string_equal(read_file(path)->c_str(), "old");
  assert_int_equal(entries_in(folder.path()), 1);
}

void write_over_a_folder_fails_and_leaves_nothing(void**) {
  const TemporaryFolder folder;
  fs::create_directory(folder.file("data"));
  const Status status = write_file_atomically(folder.file("data"), "x");
  assert_false(static_cast<bool>(status));
  assert_true(status.error().code == ErrorCode::kIo);
  assert_int_equal(entries_in(folder.path()), 1);
}

void write_into_an_absent_folder_is_an_io_error(void**) {
  const TemporaryFolder folder;
  const Status status = write_file_atomically(folder.file("absent/data"), "x");
  assert_false(static_cast<bool>(status));
  assert_true(status.error().code == ErrorCode::kIo);
}

void folders_are_made_with_their_parents(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a/b//c");
  assert_true(static_cast<bool>(make_folder(path, 0700)));
  assert_true(fs::is_directory(path));
  assert_int_equal(mode_of(path), 0700);
  assert_true(static_cast<bool>(make_folder(path + "/", 0700)));
}

void file_in_the_place_of_a_folder_is_an_io_error(void**) {
  const TemporaryFolder folder;
  assert_true(static_cast<bool>(write_file_atomically(folder.file("a"), "x")));
  for (const char* name : {"a", "a/b"}) {
    const Status status = make_folder(folder.file(name));
    if (status) fail_msg("'%s' is made", name);
    if (status.error().code != ErrorCode::kIo) fail_msg("'%s': not kIo", name);
  }
}

void change_of_a_file_is_dated_whatever_it_says_of_itself(void**) {
  const TemporaryFolder folder;
  const auto path = folder.file("key");
  const auto before = SystemClock().now() - std::chrono::seconds(1);  // kernels round down
  assert_true(static_cast<bool>(write_file_atomically(path, "x")));
  fs::last_write_time(path, fs::file_time_type::min() + std::chrono::hours(24));
  const auto changed = file_changed_at(path);
  assert_true(changed && *changed >= before && *changed <= SystemClock().now());
  assert_true(file_changed_at(folder.file("none")).error().code == ErrorCode::kNotFound);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(file_errors_name_path_and_reason),
      cmocka_unit_test(written_content_is_read_back_whole),
      cmocka_unit_test(file_that_is_absent_is_not_found),
      cmocka_unit_test(folder_is_no_file),
      cmocka_unit_test(file_larger_than_the_limit_is_refused),
      cmocka_unit_test(mode_is_the_one_asked_for_whatever_the_umask),
      cmocka_unit_test(reader_of_the_old_file_keeps_the_old_content),
      cmocka_unit_test(failed_write_leaves_the_old_file_and_nothing_else),
      cmocka_unit_test(write_over_a_folder_fails_and_leaves_nothing),
      cmocka_unit_test(write_into_an_absent_folder_is_an_io_error),
      cmocka_unit_test(folders_are_made_with_their_parents),
      cmocka_unit_test(file_in_the_place_of_a_folder_is_an_io_error),
      cmocka_unit_test(change_of_a_file_is_dated_whatever_it_says_of_itself),
  };
  return cmocka_run_group_tests_name("lib.file", tests, nullptr, nullptr);
}
