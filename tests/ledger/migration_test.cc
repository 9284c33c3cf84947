// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/schema.h"
#include "lib/file.h"
#include "tests/ledger/samples.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

namespace {

constexpr const char* kFirst =
    "CREATE TABLE identity (only INTEGER PRIMARY KEY, tag TEXT NOT NULL) STRICT;"
    "CREATE TABLE thing (name TEXT NOT NULL) STRICT;";
constexpr const char* kSecond =
    "ALTER TABLE thing ADD COLUMN weight INTEGER NOT NULL DEFAULT 7;"
    "UPDATE thing SET weight = 8 WHERE name = 'heavy';";
constexpr const char* kThird = "CREATE INDEX thing_weight ON thing (weight);";

std::unique_ptr<Database> open_database(const std::string& path) {
  return value_of(Database::open(path, Database::Access::kReadWrite));
}

std::string word(Database& database, const char* sql) {
  Query query(database, sql);
  assert_true(value_of(query.next()));
  return query.text();
}

// A ledger of the first version that holds two things.
std::unique_ptr<Database> old_database(const std::string& path) {
  const char* const steps[] = {kFirst};
  auto database = open_database(path);
  assert_done(bring_forward(*database, steps));
  assert_done(database->run("INSERT INTO thing VALUES ('heavy'), ('light')"));
  return database;
}

void new_ledger_has_the_newest_schema(void**) {
  const TemporaryFolder folder;
  (void)open_ledger(folder.file("l"));
  const auto database = open_database(folder.file("l"));
  assert_int_equal(value_of(database->number("PRAGMA user_version")), migrations().size());
  assert_int_equal(value_of(database->number("PRAGMA application_id")), 0x5350574C);
}

void older_ledger_is_brought_forward_with_its_rows(void**) {
  const TemporaryFolder folder;
  auto database = old_database(folder.file("l"));
  const std::string tag = word(*database, "SELECT tag FROM identity");
  const char* const steps[] = {kFirst, kSecond, kThird};
  assert_false(value_of(is_current(*database, steps)));
  assert_done(bring_forward(*database, steps));
  assert_true(value_of(is_current(*database, steps)));
  assert_int_equal(value_of(database->number("PRAGMA user_version")), 3);
  assert_int_equal(value_of(database->number("SELECT sum(weight) FROM thing")), 15);
  assert_string_equal(word(*database, "SELECT tag FROM identity").c_str(), tag.c_str());
}

// As an installed Spillway meets it: the schema as it was published, with what was in it.
void ledger_of_the_first_release_is_brought_forward(void**) {
  const TemporaryFolder folder;
  {
    auto database = open_database(folder.file("l"));
    assert_done(bring_forward(*database, migrations().first(1)));
    assert_done(database->run("INSERT INTO cooldown VALUES ('lambda', '', '', '', 1, 7, 'quota')"));
  }
  const auto books = value_of(open_ledger(folder.file("l"))->load());
  assert_int_equal(books.cooldowns.size(), 1);
  assert_true(books.settings.empty() && books.retries.empty());
}

void rows_of_the_first_release_mean_what_they_meant(void**) {
  const TemporaryFolder folder;
  {
    const auto database = open_database(folder.file("l"));
    assert_done(bring_forward(*database, migrations().first(1)));
    assert_done(
        database->run("INSERT INTO permission VALUES (7, 'h100', 'h100-001', 5);"
                      "INSERT INTO cooldown VALUES ('lambda', '', '', '', 2, 9, 'quota')"));
  }
  const Books books = value_of(open_ledger(folder.file("l"))->load());
  assert_string_equal(books.permissions.at(7).nodes.at(0).c_str(), "h100-001");
  assert_false(books.permissions.at(7).fabric.has_value());
  const Cooldown& cooldown = books.cooldowns.at({"lambda", "", "", ""});
  assert_int_equal(cooldown.refusals, 2);
  assert_int_equal(cooldown.failures, 0);
  assert_false(cooldown.needs_admin);
}

void step_that_fails_leaves_the_older_ledger(void**) {
  const TemporaryFolder folder;
  auto database = old_database(folder.file("l"));
  const char* const steps[] = {kFirst, kSecond, "CREATE TABLE thing (again TEXT) STRICT"};
  const Status status = bring_forward(*database, steps);
  assert_false(static_cast<bool>(status));
  assert_true(status.error().code == ErrorCode::kIo);
  assert_int_equal(value_of(database->number("PRAGMA user_version")), 1);
  assert_int_equal(value_of(database->number("SELECT count(*) FROM thing")), 2);
  assert_int_equal(value_of(database->number("SELECT count(*) FROM pragma_table_info('thing')")),
                   1);
}

void current_ledger_is_left_alone(void**) {
  const TemporaryFolder folder;
  (void)open_ledger(folder.file("l"));
  const std::string before = value_of(read_file(folder.file("l")));
  (void)open_ledger(folder.file("l"));
  assert_true(value_of(read_file(folder.file("l"))) == before);
}

void newer_ledger_is_refused_with_both_versions_and_untouched(void**) {
  const TemporaryFolder folder;
  (void)open_ledger(folder.file("l"));
  assert_done(open_database(folder.file("l"))->run("PRAGMA user_version = 99"));
  const std::string before = value_of(read_file(folder.file("l")));
  for (const auto access : {Ledger::Access::kReadWrite, Ledger::Access::kReadOnly}) {
    const auto ledger = Ledger::open(folder.file("l"), access);
    assert_false(static_cast<bool>(ledger));
    assert_true(ledger.error().code == ErrorCode::kInvalid);
    const std::string expected = folder.file("l") +
                                 ": the ledger has schema 99, this program knows schemas up to " +
                                 std::to_string(migrations().size());
    if (!ledger.error().message.starts_with(expected)) {
      fail_msg("%s", ledger.error().message.c_str());
    }
  }
  assert_true(value_of(read_file(folder.file("l"))) == before);
}

void reader_does_not_bring_forward(void**) {
  const TemporaryFolder folder;
  assert_done(write_file_atomically(folder.file("l"), ""));
  const auto ledger = Ledger::open(folder.file("l"), Ledger::Access::kReadOnly);
  assert_false(static_cast<bool>(ledger));
  assert_true(ledger.error().code == ErrorCode::kInvalid);
  assert_int_not_equal(ledger.error().message.find("start spillwayd"), std::string::npos);
}

void every_table_is_strict(void**) {
  const TemporaryFolder folder;
  (void)open_ledger(folder.file("l"));
  const auto database = open_database(folder.file("l"));
  assert_int_equal(value_of(database->number(
                       "SELECT count(*) FROM pragma_table_list WHERE type = 'table'"
                       " AND schema = 'main' AND name NOT LIKE 'sqlite_%' AND NOT strict")),
                   0);
  assert_true(value_of(database->number(
                  "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND strict")) >= 8);
}

void connection_keeps_the_rules_of_durability(void**) {
  const TemporaryFolder folder;
  const auto database = open_database(folder.file("l"));
  assert_string_equal(word(*database, "PRAGMA journal_mode").c_str(), "truncate");
  assert_int_equal(value_of(database->number("PRAGMA synchronous")), 2);
  assert_int_equal(value_of(database->number("PRAGMA foreign_keys")), 1);
  assert_int_equal(value_of(database->number("PRAGMA busy_timeout")), 5'000);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(new_ledger_has_the_newest_schema),
      cmocka_unit_test(older_ledger_is_brought_forward_with_its_rows),
      cmocka_unit_test(ledger_of_the_first_release_is_brought_forward),
      cmocka_unit_test(rows_of_the_first_release_mean_what_they_meant),
      cmocka_unit_test(step_that_fails_leaves_the_older_ledger),
      cmocka_unit_test(current_ledger_is_left_alone),
      cmocka_unit_test(newer_ledger_is_refused_with_both_versions_and_untouched),
      cmocka_unit_test(reader_does_not_bring_forward),
      cmocka_unit_test(every_table_is_strict),
      cmocka_unit_test(connection_keeps_the_rules_of_durability),
  };
  return cmocka_run_group_tests_name("ledger.migration", tests, nullptr, nullptr);
}
