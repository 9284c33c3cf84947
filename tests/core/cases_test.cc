// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plays the cases of tests/data/cases/<theme>.yaml; the theme is the argument.
#include <cstdlib>
#include <string>

#include "lib/file.h"
#include "tests/support/case_file.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

std::string theme;

std::string read_data(const std::string& name) {
  const char* const source = std::getenv("SPILLWAY_SOURCE_DIR");  // NOLINT: no threads
  if (source == nullptr) fail_msg("SPILLWAY_SOURCE_DIR is not set");
  const auto text = read_file(std::string(source) + "/tests/data/cases/" + name);
  if (!text) fail_msg("%s", text.error().message.c_str());
  return *text;
}

}  // namespace

static void every_case_is_decided_as_it_says(void**) {
  const auto file = theme + ".yaml";
  const auto cases = parse_cases(read_data(file), file, read_data("base.yaml"));
  if (!cases) fail_msg("%s", cases.error().message.c_str());
  int failed = 0;
  for (const auto& played : *cases) {
    const auto findings = play(played);
    if (findings.empty()) continue;
    ++failed;
    print_error("%s:%d: %s\n", file.c_str(), played.line, played.name.c_str());
    for (const auto& finding : findings)
      print_error("    %s\n", finding.c_str());
  }
  if (failed > 0) fail_msg("%d of %zu cases", failed, cases->size());
}

int main(int argc, char** argv) {
  if (argc != 2) return EXIT_FAILURE;
  theme = argv[1];
  const CMUnitTest tests[] = {cmocka_unit_test(every_case_is_decided_as_it_says)};
  return cmocka_run_group_tests_name(("core.cases." + theme).c_str(), tests, nullptr, nullptr);
}
