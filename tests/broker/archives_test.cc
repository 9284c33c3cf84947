// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/archives.h"

#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "lib/file.h"
#include "lib/secret.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

namespace {

constexpr const char* kOs = "ubuntu-24.04";

struct Stage {
  Stage() : path(folder.path() + "/slurm.tar"), archives({{kOs, path}}) {}
  void write(const std::string& content) const {
    assert_true(static_cast<bool>(write_file_atomically(path, content)));
  }
  TemporaryFolder folder;
  std::string path;
  Archives archives;
};

std::string read_all(const Download& download, std::size_t chunk) {
  std::string all;
  for (auto part = download.read(0, chunk); !part.empty();
       part = download.read(static_cast<std::int64_t>(all.size()), chunk))
    all += part;
  return all;
}

}  // namespace

static void sum_and_size_are_those_of_the_file(void**) {
  for (const std::size_t size : {0U, 1U, 1'048'576U, 3'000'000U}) {
    Stage stage;
    const std::string content(size, 'x');
    stage.write(content);
    const auto facts = stage.archives.find_facts(kOs);
    if (!facts || !*facts) fail_msg("%zu bytes: none", size);
    assert_string_equal((*facts)->sha256.c_str(), sha256_hex(content).c_str());
    assert_int_equal((*facts)->bytes, size);
  }
}

static void a_new_file_has_a_new_sum(void**) {
  Stage stage;
  for (const char* content : {"one", "two", "three"}) {
    stage.write(content);
    assert_string_equal((*stage.archives.find_facts(kOs))->sha256.c_str(),
                        sha256_hex(content).c_str());
  }
}

static void systems_without_an_archive_have_none(void**) {
  Stage stage;
  stage.write("one");
  for (const char* os : {"", "debian-12", "ubuntu-24.04 ", "../slurm.tar"}) {
    const auto facts = stage.archives.find_facts(os);
    assert_true(facts && !*facts);
    const auto download = stage.archives.open(os, "10.0.0.1");
    assert_true(!download && download.error().code == ErrorCode::kNotFound);
  }
}

static void a_file_that_cannot_be_read_is_asked_for_again(void**) {
  Stage stage;
  const auto expect_later = [&] {
    const auto facts = stage.archives.find_facts(kOs);
    assert_true(!facts && facts.error().code == ErrorCode::kTransient);
    for (int i = 0; i <= Archives::kAtOnce; ++i) {  // and takes no place
      const auto download = stage.archives.open(kOs, "10.0.0.1");
      assert_true(!download && download.error().code == ErrorCode::kTransient);
      assert_null(strstr(download.error().message.c_str(), "others"));
    }
  };
  expect_later();
  assert_true(static_cast<bool>(make_folder(stage.path)));
  expect_later();
  assert_int_equal(rmdir(stage.path.c_str()), 0);
  stage.write("one");
  assert_string_equal(read_all(**stage.archives.open(kOs, "10.0.0.1"), 2).c_str(), "one");
}

static void so_many_download_at_once_and_the_others_later(void**) {
  Stage stage;
  stage.write("content");
  std::vector<std::shared_ptr<const Download>> downloads;
  for (int i = 0; i < Archives::kAtOnce; ++i)
    downloads.push_back(*stage.archives.open(kOs, "10.0.0." + std::to_string(i)));
  const auto further = stage.archives.open(kOs, "10.0.1.1");
  assert_true(!further && further.error().code == ErrorCode::kTransient);
  assert_true(further.error().retry_after.has_value());
  downloads.pop_back();
  assert_true(static_cast<bool>(stage.archives.open(kOs, "10.0.1.1")));
}

static void one_peer_does_not_take_all_places(void**) {
  Stage stage;
  stage.write("content");
  const auto first = stage.archives.open(kOs, "2001:db8::1");
  const auto second = stage.archives.open(kOs, "2001:db8::2");
  assert_true(first && second);
  assert_false(static_cast<bool>(stage.archives.open(kOs, "2001:db8::3")));
  assert_true(static_cast<bool>(stage.archives.open(kOs, "2001:db8:0:1::1")));
}

static void a_download_is_of_the_file_that_was_there_when_it_began(void**) {
  Stage stage;
  stage.write("old");
  const auto download = *stage.archives.open(kOs, "10.0.0.1");
  stage.write("newer");
  assert_string_equal(read_all(*download, 1).c_str(), "old");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(sum_and_size_are_those_of_the_file),
      cmocka_unit_test(a_new_file_has_a_new_sum),
      cmocka_unit_test(systems_without_an_archive_have_none),
      cmocka_unit_test(a_file_that_cannot_be_read_is_asked_for_again),
      cmocka_unit_test(so_many_download_at_once_and_the_others_later),
      cmocka_unit_test(one_peer_does_not_take_all_places),
      cmocka_unit_test(a_download_is_of_the_file_that_was_there_when_it_began),
  };
  return cmocka_run_group_tests_name("broker.archives", tests, nullptr, nullptr);
}
