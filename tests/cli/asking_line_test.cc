// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/asking_line.h"

#include <memory>
#include <thread>

#include "tests/cli/screens.h"

using namespace spillway;

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::string text_of(std::FILE* file) {
  std::rewind(file);
  std::string text(4'096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

}  // namespace

static void those_who_have_not_answered_are_named_and_at_the_end_nobody(void**) {
  const File file(std::tmpfile(), std::fclose);
  {
    AskingLine line({"lambda", "hyperstack"}, file.get());
    std::thread([&] { line.note_answer("lambda"); }).join();
    line.note_answer("hyperstack");
  }
  expect_text(text_of(file.get()),
              "\r\033[Kwaiting for lambda, hyperstack ..."
              "\r\033[Kwaiting for hyperstack ..."
              "\r\033[K\r\033[K");
}

static void nothing_stands_there_when_asking_is_given_up(void**) {
  const File file(std::tmpfile(), std::fclose);
  { AskingLine line({"lambda"}, file.get()); }
  expect_text(text_of(file.get()), "\r\033[Kwaiting for lambda ...\r\033[K");
}

static void without_a_terminal_nothing_is_written(void**) {
  AskingLine line({"lambda"}, nullptr);
  line.note_answer("lambda");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(those_who_have_not_answered_are_named_and_at_the_end_nobody),
      cmocka_unit_test(nothing_stands_there_when_asking_is_given_up),
      cmocka_unit_test(without_a_terminal_nothing_is_written),
  };
  return cmocka_run_group_tests_name("cli.asking_line", tests, nullptr, nullptr);
}
