// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/secret.h"

#include <sys/stat.h>

#include "lib/file.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

namespace {

void secret_is_the_single_line_of_its_file(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("key");
  for (const char* content : {"s3cret with blanks", "s3cret with blanks\n"}) {
    assert_true(static_cast<bool>(write_file_atomically(path, content, 0600)));
    const Result<Secret> secret = read_secret_file(path);
    if (!secret) fail_msg("'%s': %s", content, secret.error().message.c_str());
    if (secret->reveal() != "s3cret with blanks") fail_msg("'%s' is read otherwise", content);
  }
  assert_true(static_cast<bool>(write_file_atomically(path, "x", 0400)));
  assert_true(static_cast<bool>(read_secret_file(path)));
}

void content_that_is_no_secret_is_refused_without_showing_it(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("key");
  const std::string cases[] = {
      "",
      "\n",
      "hunter2\nhunter3\n",
      "hunter2\n\n",
      "\nhunter2\n",
      "hunter2\r\n",
      "hunter2\t",
      "hunter2\x7F",
      "hunter2 \xC3\xBC",
      std::string("hunter2\0", 8),
  };
  for (const std::string& content : cases) {
    assert_true(static_cast<bool>(write_file_atomically(path, content, 0600)));
    const Result<Secret> secret = read_secret_file(path);
    if (secret) fail_msg("'%s' is accepted", content.c_str());
    if (secret.error().code != ErrorCode::kInvalid) fail_msg("'%s': not kInvalid", content.c_str());
    if (secret.error().message.find("hunter") != std::string::npos) {
      fail_msg("the secret is in the message: %s", secret.error().message.c_str());
    }
  }
}

void file_open_to_others_is_refused_with_the_cure(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("key");
  for (const mode_t mode : {0640U, 0620U, 0604U, 0602U, 0644U, 0666U}) {
    assert_true(static_cast<bool>(write_file_atomically(path, "s3cret", mode)));
    const Result<Secret> secret = read_secret_file(path);
    if (secret) fail_msg("mode %o is accepted", mode);
    if (secret.error().code != ErrorCode::kInvalid) fail_msg("mode %o: not kInvalid", mode);
    if (secret.error().message.find("chmod 600") == std::string::npos) {
      fail_msg("mode %o: no cure in: %s", mode, secret.error().message.c_str());
    }
  }
}

void absent_file_folder_and_pipe_are_refused(void**) {
  const TemporaryFolder folder;
  assert_true(read_secret_file(folder.file("absent")).error().code == ErrorCode::kNotFound);
  assert_true(read_secret_file(folder.path()).error().code == ErrorCode::kInvalid);
  assert_int_equal(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  assert_true(read_secret_file(folder.file("pipe")).error().code == ErrorCode::kInvalid);
}

void random_texts_have_the_length_asked_for_and_differ(void**) {
  assert_string_equal(random_hex(0).c_str(), "");
  const std::string first = random_hex(32);
  assert_int_equal(first.size(), 64);
  assert_int_equal(first.find_first_not_of("0123456789abcdef"), std::string::npos);
  assert_string_not_equal(first.c_str(), random_hex(32).c_str());
}

// FIPS 180-2, appendix B.1; RFC 4231, case 2.
void digests_equal_the_published_ones(void**) {
  assert_string_equal(sha256_hex("abc").c_str(),
                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_string_equal(sha256_hex("").c_str(),
                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert_string_equal(hmac_sha256_hex(Secret("Jefe"), "what do ya want for nothing?").c_str(),
                      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

void comparison_tells_equal_from_different(void**) {
  assert_true(equal_in_constant_time("", ""));
  assert_true(equal_in_constant_time("token", "token"));
  assert_false(equal_in_constant_time("token", "tokem"));
  assert_false(equal_in_constant_time("token", "toke"));
  assert_false(equal_in_constant_time("", "t"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(secret_is_the_single_line_of_its_file),
      cmocka_unit_test(content_that_is_no_secret_is_refused_without_showing_it),
      cmocka_unit_test(file_open_to_others_is_refused_with_the_cure),
      cmocka_unit_test(absent_file_folder_and_pipe_are_refused),
      cmocka_unit_test(random_texts_have_the_length_asked_for_and_differ),
      cmocka_unit_test(digests_equal_the_published_ones),
      cmocka_unit_test(comparison_tells_equal_from_different),
  };
  return cmocka_run_group_tests_name("lib.secret", tests, nullptr, nullptr);
}
