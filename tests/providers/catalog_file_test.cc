// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/catalog_file.h"

#include <string>

#include "lib/file.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

namespace {

constexpr const char* kOnePrice =
    "prices:\n  - {provider: a, gpu: b, price_per_gpu_hour: 1, date: 2026-01-31, source: s}\n";

Config config_with(const std::string& catalog) {
  Config config;
  config.catalog = catalog;
  return config;
}

}  // namespace

static void the_configured_file_is_read(void**) {
  const TemporaryFolder folder;
  const auto path = folder.file("catalog.yaml");
  if (!write_file_atomically(path, kOnePrice)) fail_msg("%s", path.c_str());
  const auto catalog = read_catalog(config_with(path));
  if (!catalog) fail_msg("%s", catalog.error().message.c_str());
  assert_int_equal(catalog->prices.size(), 1);
}

static void a_configured_file_that_is_missing_or_wrong_is_an_error(void**) {
  const TemporaryFolder folder;
  const auto path = folder.file("catalog.yaml");
  const auto missing = read_catalog(config_with(path));
  assert_true(!missing && missing.error().code == ErrorCode::kNotFound);
  if (!write_file_atomically(path, "prices: []\n")) fail_msg("%s", path.c_str());
  const auto wrong = read_catalog(config_with(path));
  assert_true(!wrong && wrong.error().code == ErrorCode::kInvalid);
  assert_true(wrong.error().message.starts_with(path + ":1: prices"));
}

static void without_a_configured_file_the_installed_one_counts_if_there_is_one(void**) {
  const auto catalog = read_catalog(config_with(""));
  if (!catalog) fail_msg("%s", catalog.error().message.c_str());
  const bool is_installed = bool(read_file(SPILLWAY_CATALOG));
  assert_true(is_installed != catalog->prices.empty());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_configured_file_is_read),
      cmocka_unit_test(a_configured_file_that_is_missing_or_wrong_is_an_error),
      cmocka_unit_test(without_a_configured_file_the_installed_one_counts_if_there_is_one),
  };
  return cmocka_run_group_tests_name("providers.catalog_file", tests, nullptr, nullptr);
}
