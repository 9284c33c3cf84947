// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "broker/join.h"
#include "lib/file.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

namespace {

struct Fixture {
  Fixture() {
    auto loaded = load_join_identity(folder + "/ledger.db");
    assert_true(static_cast<bool>(loaded));
    identity = *loaded;
  }
  TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  JoinIdentity identity;
};

}  // namespace

static void identity_is_made_once_and_private(void**) {
  const Fixture fixture;
  struct stat facts {};
  assert_int_equal(stat(fixture.identity.pem_file.c_str(), &facts), 0);
  assert_int_equal(facts.st_mode & 07777U, 0600);
  const auto again = load_join_identity(fixture.folder + "/ledger.db");
  assert_true(static_cast<bool>(again));
  assert_string_equal(again->pin.c_str(), fixture.identity.pin.c_str());
  const auto other = load_join_identity(fixture.folder + "/other.db");
  assert_true(static_cast<bool>(other));
  assert_string_not_equal(other->pin.c_str(), fixture.identity.pin.c_str());
}

static void identity_made_by_many_at_once_is_one(void**) {
  const Fixture fixture;
  std::vector<std::string> pins(8);
  std::vector<std::thread> threads;
  for (auto& pin : pins) {
    threads.emplace_back([&pin, &fixture] {
      const auto identity = load_join_identity(fixture.folder + "/raced.db");
      if (identity) pin = identity->pin;
    });
  }
  for (auto& thread : threads)
    thread.join();
  for (const auto& pin : pins)
    assert_string_equal(pin.c_str(), pins.front().c_str());
  assert_int_equal(pins.front().size(), std::string("sha256//").size() + 44);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(fixture.folder))
    ++files;
  assert_int_equal(files, 2);  // the fixture's and this one
}

static void identity_that_others_can_read_is_refused(void**) {
  const Fixture fixture;
  chmod(fixture.identity.pem_file.c_str(), 0640);
  const auto identity = load_join_identity(fixture.folder + "/ledger.db");
  assert_false(static_cast<bool>(identity));
  assert_non_null(strstr(identity.error().message.c_str(), "chmod 600"));
}

static void damaged_identities_are_refused(void**) {
  const Fixture fixture;
  const auto whole = read_file(fixture.identity.pem_file);
  const std::string other_file = fixture.folder + "/other.db.join.pem";
  assert_true(static_cast<bool>(load_join_identity(fixture.folder + "/other.db")));
  const auto other = read_file(other_file);
  const std::size_t certificate = whole->find("-----BEGIN CERTIFICATE");
  const std::string cases[] = {
      "",
      "junk",
      whole->substr(0, whole->size() / 2),
      whole->substr(0, certificate),
      whole->substr(certificate),
      whole->substr(0, certificate) + other->substr(other->find("-----BEGIN CERTIFICATE")),
  };
  for (const auto& text : cases) {
    assert_true(static_cast<bool>(write_file_atomically(fixture.identity.pem_file, text, 0600)));
    if (load_join_identity(fixture.folder + "/ledger.db")) fail_msg("accepted: %s", text.c_str());
  }
}

static void identity_needs_its_folder(void**) {
  assert_false(static_cast<bool>(load_join_identity("/nonexistent/folder/ledger.db")));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(identity_is_made_once_and_private),
      cmocka_unit_test(identity_made_by_many_at_once_is_one),
      cmocka_unit_test(identity_that_others_can_read_is_refused),
      cmocka_unit_test(damaged_identities_are_refused),
      cmocka_unit_test(identity_needs_its_folder),
  };
  return cmocka_run_group_tests_name("broker.join_identity", tests, nullptr, nullptr);
}
