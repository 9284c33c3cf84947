// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/stat.h>

#include <string>

#include "broker/wireguard.h"
#include "core/config.h"
#include "lib/file.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

static void a_key_is_made_once_and_kept(void**) {
  const TemporaryFolder folder;
  const auto ledger = folder.path() + "/ledger.db";
  const auto made = load_wireguard_identity(ledger);
  if (!made) fail_msg("%s", made.error().message.c_str());
  assert_int_equal(made->private_key.size(), 44);
  assert_int_equal(made->public_key.size(), 44);
  const auto again = load_wireguard_identity(ledger);
  assert_true(again && again->private_key == made->private_key);
  assert_string_equal(again->public_key.c_str(), made->public_key.c_str());
  struct stat facts {};
  assert_int_equal(stat(wireguard_key_file(ledger).c_str(), &facts), 0);
  assert_int_equal(facts.st_mode & 0777U, 0600);
}

// Source: `wg pubkey` on the same key.
static void a_public_key_is_as_wg_tells_it(void**) {
  const TemporaryFolder folder;
  const auto ledger = folder.path() + "/ledger.db";
  const auto written = write_file_atomically(
      wireguard_key_file(ledger), "UG0/2Fe87taoB3YyIsCHFl389btHbG2F+994hrQAOWM=\n", 0600);
  assert_true(static_cast<bool>(written));
  const auto loaded = load_wireguard_identity(ledger);
  if (!loaded) fail_msg("%s", loaded.error().message.c_str());
  assert_string_equal(loaded->public_key.c_str(), "XK7L4m0VZyTLJdCs2hVc7nB1SvaWM/FTlKuvkHXyNlw=");
}

static void what_is_no_key_is_refused(void**) {
  for (const char* text : {"",
                           "x",
                           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                           "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
                           "!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
    const TemporaryFolder folder;
    const auto ledger = folder.path() + "/ledger.db";
    const auto written = write_file_atomically(wireguard_key_file(ledger), text, 0600);
    assert_true(static_cast<bool>(written));
    if (load_wireguard_identity(ledger)) fail_msg("accepted: \"%s\"", text);
  }
}

static void a_key_that_others_can_read_is_refused(void**) {
  const TemporaryFolder folder;
  const auto ledger = folder.path() + "/ledger.db";
  assert_true(static_cast<bool>(load_wireguard_identity(ledger)));
  assert_int_equal(chmod(wireguard_key_file(ledger).c_str(), 0640), 0);
  const auto loaded = load_wireguard_identity(ledger);
  assert_true(!loaded && loaded.error().message.find("chmod 600") != std::string::npos);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_key_is_made_once_and_kept),
      cmocka_unit_test(a_public_key_is_as_wg_tells_it),
      cmocka_unit_test(what_is_no_key_is_refused),
      cmocka_unit_test(a_key_that_others_can_read_is_refused),
  };
  return cmocka_run_group_tests_name("broker.wireguard_identity", tests, nullptr, nullptr);
}
