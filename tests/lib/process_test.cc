// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/process.h"

#include <chrono>
#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

static void a_program_gives_what_it_prints(void**) {
  const auto ran = run_program({"sh", "-c", "echo out; echo err >&2"});
  assert_true(static_cast<bool>(ran));
  assert_string_equal(ran->c_str(), "out\nerr\n");
}

static void words_reach_it_as_they_are(void**) {
  const auto ran = run_program({"printf", "%s|", "a b", "$HOME", "\"'", ""});
  assert_string_equal(ran->c_str(), "a b|$HOME|\"'||");
}

static void it_has_no_input_and_none_of_our_files(void**) {
  const auto ran = run_program({"sh", "-c", "cat; ls /proc/self/fd | wc -l"});
  assert_string_equal(ran->c_str(), "4\n");  // the three, and the folder that ls reads
}

static void a_failure_ends_with_its_last_words(void**) {
  const auto ran = run_program({"sh", "-c", "echo first; echo 'no such device' >&2; exit 3"});
  assert_true(!ran && ran.error().code == ErrorCode::kIo);
  assert_true(ran.error().message.ends_with("exit 3: no such device"));
}

static void a_death_by_signal_is_a_failure(void**) {
  const auto ran = run_program({"sh", "-c", "kill -KILL $$"});
  assert_true(!ran && ran.error().message.ends_with("signal 9"));
}

static void what_is_not_installed_is_said_to_be(void**) {
  const auto ran = run_program({"spillway-no-such-program"});
  assert_true(!ran && ran.error().code == ErrorCode::kNotFound);
  assert_string_equal(ran.error().message.c_str(), "spillway-no-such-program: not installed");
}

static void one_that_does_not_end_is_ended(void**) {
  const auto ran = run_program({"sleep", "600"}, std::chrono::milliseconds(50));
  assert_true(!ran && ran.error().message.find("took too long") != std::string::npos);
}

static void one_that_closes_its_output_and_lives_on_is_ended(void**) {
  const auto ran = run_program({"sh", "-c", "exec sleep 60 >&- 2>&-"}, std::chrono::seconds(1));
  assert_true(!ran && ran.error().message.find("took too long") != std::string::npos);
}

static void output_without_end_is_cut(void**) {
  const auto ran = run_program({"sh", "-c", "head -c 200000 /dev/zero | tr '\\0' x"});
  assert_true(static_cast<bool>(ran));
  assert_int_equal(ran->size(), 64 << 10);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_program_gives_what_it_prints),
      cmocka_unit_test(words_reach_it_as_they_are),
      cmocka_unit_test(it_has_no_input_and_none_of_our_files),
      cmocka_unit_test(a_failure_ends_with_its_last_words),
      cmocka_unit_test(a_death_by_signal_is_a_failure),
      cmocka_unit_test(what_is_not_installed_is_said_to_be),
      cmocka_unit_test(one_that_does_not_end_is_ended),
      cmocka_unit_test(one_that_closes_its_output_and_lives_on_is_ended),
      cmocka_unit_test(output_without_end_is_cut),
  };
  return cmocka_run_group_tests_name("lib.process", tests, nullptr, nullptr);
}
