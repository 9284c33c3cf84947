// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ledger when things go wrong: absent, foreign, damaged, unwritable, killed, crowded.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

#include "ledger/database.h"
#include "ledger/ledger.h"
#include "lib/file.h"
#include "tests/ledger/samples.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;
namespace fs = std::filesystem;

namespace {

constexpr uid_t kNobody = 65'534;

// Starts a child that ends with what `work` gives.
pid_t start_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  assert_true(child > 0);
  return child;
}

// The child's exit status, or minus the signal that ended it.
int outcome_of(pid_t child) {
  int status = 0;
  assert_int_equal(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void fill(const std::string& path) {
  const auto ledger = open_ledger(path);
  Changes changes;
  changes.leases = {sample_lease(1)};
  for (std::int64_t id = 1; id <= 200; ++id) {
    changes.machines.push_back(sample_machine(id, 1, MachineState::kReady));
    changes.events.push_back(sample_event("event " + std::to_string(id)));
  }
  assert_done(ledger->commit(changes));
}

// Everything that can be read, or the first error.
Status read_everything(const std::string& path) {
  const auto ledger = Ledger::open(path, Ledger::Access::kReadWrite);
  if (!ledger) return ledger.error();
  if (const auto books = (*ledger)->load(); !books) return books.error();
  if (const auto events = (*ledger)->events(0, 1'000'000); !events) return events.error();
  if (const auto charges = (*ledger)->charges(at(0)); !charges) return charges.error();
  return {};
}

void absent_ledger_is_not_found_by_a_reader(void**) {
  const TemporaryFolder folder;
  const auto ledger = Ledger::open(folder.file("l"), Ledger::Access::kReadOnly);
  assert_false(static_cast<bool>(ledger));
  assert_true(ledger.error().code == ErrorCode::kNotFound);
  assert_false(fs::exists(folder.file("l")));
}

void absent_folder_is_an_io_error_with_the_path(void**) {
  const TemporaryFolder folder;
  const auto ledger = Ledger::open(folder.file("absent/l"), Ledger::Access::kReadWrite);
  assert_false(static_cast<bool>(ledger));
  assert_true(ledger.error().code == ErrorCode::kIo);
  assert_true(ledger.error().message.starts_with(folder.file("absent/l") + ": "));
}

void folder_in_its_place_is_an_io_error(void**) {
  const TemporaryFolder folder;
  for (const auto access : {Ledger::Access::kReadWrite, Ledger::Access::kReadOnly}) {
    const auto ledger = Ledger::open(folder.path(), access);
    assert_false(static_cast<bool>(ledger));
    assert_true(ledger.error().code == ErrorCode::kIo);
  }
}

void file_of_another_kind_is_refused_and_untouched(void**) {
  const TemporaryFolder folder;
  const std::string text(4096, 'x');
  assert_done(write_file_atomically(folder.file("l"), text, 0600));
  for (const auto access : {Ledger::Access::kReadWrite, Ledger::Access::kReadOnly}) {
    const auto ledger = Ledger::open(folder.file("l"), access);
    assert_false(static_cast<bool>(ledger));
    assert_true(ledger.error().code == ErrorCode::kInvalid);
  }
  assert_true(value_of(read_file(folder.file("l"))) == text);
}

void database_of_another_program_is_refused(void**) {
  const TemporaryFolder folder;
  {
    const auto other = value_of(Database::open(folder.file("l"), Database::Access::kReadWrite));
    assert_done(other->run("CREATE TABLE song (title TEXT)"));
  }
  const auto ledger = Ledger::open(folder.file("l"), Ledger::Access::kReadWrite);
  assert_false(static_cast<bool>(ledger));
  assert_true(ledger.error().code == ErrorCode::kInvalid);
  assert_int_not_equal(ledger.error().message.find("no ledger"), std::string::npos);
}

void ledger_that_lost_its_end_is_refused(void**) {
  const TemporaryFolder folder;
  fill(folder.file("l"));
  fs::resize_file(folder.file("l"), fs::file_size(folder.file("l")) / 2);
  const Status status = read_everything(folder.file("l"));
  assert_false(static_cast<bool>(status));
  assert_true(status.error().code == ErrorCode::kIo);
  assert_true(status.error().message.starts_with(folder.file("l") + ": "));
}

void damaged_pages_are_errors_or_harmless_but_never_a_crash(void**) {
  constexpr std::size_t kPage = 4096;
  const TemporaryFolder folder;
  fill(folder.file("l"));
  const std::string whole = value_of(read_file(folder.file("l")));
  int refused = 0;
  for (std::size_t page = 0; page < whole.size() / kPage; ++page) {
    for (const char filler : {'\0', '\xFF', '\x5A'}) {
      std::string damaged = whole;
      std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(page * kPage), kPage, filler);
      assert_done(write_file_atomically(folder.file("damaged"), damaged, 0600));
      const Status status = read_everything(folder.file("damaged"));
      if (page == 0 && status) fail_msg("a damaged header is accepted");
      if (!status) ++refused;
    }
  }
  assert_true(refused > 10);
}

void unknown_word_in_a_row_is_an_io_error(void**) {
  const TemporaryFolder folder;
  fill(folder.file("l"));
  {
    const auto database = value_of(Database::open(folder.file("l"), Database::Access::kReadWrite));
    assert_done(database->run("UPDATE machine SET state = 'sleeping' WHERE id = 7"));
  }
  const Status status = read_everything(folder.file("l"));
  assert_false(static_cast<bool>(status));
  assert_true(status.error().code == ErrorCode::kIo);
}

// Permissions mean nothing to root, so the child becomes nobody.
int as_nobody(const std::function<int()>& work) {
  return outcome_of(start_child([&] {
    if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) return 99;
    return work();
  }));
}

bool is_io_error_with_path(const Error& error, const std::string& path) {
  return error.code == ErrorCode::kIo && error.message.starts_with(path + ": ");
}

// `sudo spillway set` writes into the ledger of the user that spillwayd runs as.
void what_root_writes_stays_its_owners(void**) {
  if (::geteuid() != 0) skip();
  const TemporaryFolder folder;
  const std::string path = folder.file("l");
  assert_int_equal(::chown(folder.path().c_str(), kNobody, kNobody), 0);
  assert_int_equal(
      as_nobody([&] { return Ledger::open(path, Ledger::Access::kReadWrite) ? 0 : 1; }), 0);
  fs::remove(path + "-journal");
  {
    const auto ledger = open_ledger(path);
    Changes changes;
    changes.settings = {{"policy.limits.machines", "80", "ada", at(1'000), {}}};
    assert_done(ledger->commit(changes));
  }
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    struct stat facts {};
    assert_int_equal(::stat(entry.path().c_str(), &facts), 0);
    if (facts.st_uid != kNobody) fail_msg("%s is of user %u", entry.path().c_str(), facts.st_uid);
  }
  assert_int_equal(as_nobody([&] {
                     const auto ledger = Ledger::open(path, Ledger::Access::kReadWrite);
                     Changes changes;
                     changes.events = {sample_event("the broker goes on")};
                     return ledger && (*ledger)->commit(changes) ? 0 : 1;
                   }),
                   0);
}

void read_only_folder_is_an_io_error_with_the_path(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("l");
  assert_int_equal(::chmod(folder.path().c_str(), 0555), 0);
  assert_int_equal(as_nobody([&] {
                     const auto ledger = Ledger::open(path, Ledger::Access::kReadWrite);
                     return !ledger && is_io_error_with_path(ledger.error(), path) ? 0 : 1;
                   }),
                   0);
}

void writable_ledger_in_a_read_only_folder_is_an_io_error_with_the_path(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("l");
  (void)open_ledger(path);
  fs::remove(path + "-journal");
  assert_int_equal(::chmod(path.c_str(), 0666), 0);
  assert_int_equal(::chmod(folder.path().c_str(), 0555), 0);
  assert_int_equal(as_nobody([&] {
                     const auto ledger = Ledger::open(path, Ledger::Access::kReadWrite);
                     if (!ledger) return is_io_error_with_path(ledger.error(), path) ? 0 : 1;
                     const auto id = (*ledger)->append_request(sample_request());
                     return !id && is_io_error_with_path(id.error(), path) ? 0 : 2;
                   }),
                   0);
}

void read_only_ledger_is_an_io_error_for_a_writer(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("l");
  (void)open_ledger(path);
  assert_int_equal(::chmod(path.c_str(), 0444), 0);
  assert_int_equal(::chmod(folder.path().c_str(), 0777), 0);
  assert_int_equal(as_nobody([&] {
                     const auto ledger = Ledger::open(path, Ledger::Access::kReadWrite);
                     return !ledger && is_io_error_with_path(ledger.error(), path) ? 0 : 1;
                   }),
                   0);
}

void commit_that_fails_writes_nothing_of_it(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  Changes changes;
  changes.leases = {sample_lease(1)};
  changes.events = {sample_event("never")};
  changes.machines = {sample_machine(1, 77, MachineState::kWanted)};  // of no lease
  const Status status = ledger->commit(changes);
  assert_false(static_cast<bool>(status));
  assert_true(status.error().code == ErrorCode::kIo);
  assert_true(value_of(ledger->load()).leases.empty());
  assert_true(value_of(ledger->last_events(10)).empty());
  changes.machines[0].lease = 1;
  assert_done(ledger->commit(changes));
  assert_int_equal(value_of(ledger->last_events(10)).size(), 1);
}

// Killed in the middle of a transaction whose pages are in the file already: the worst moment.
int die_in_a_transaction(const std::string& path) {
  const auto database = Database::open(path, Database::Access::kReadWrite);
  if (!database) return 1;
  if (Status small = (*database)->run("PRAGMA cache_size = 2"); !small) return 2;
  Transaction transaction(**database);
  if (Status begun = transaction.begin(Transaction::Kind::kWrite); !begun) return 3;
  for (const char* sql :
       {"UPDATE machine SET state = 'gone', reason = hex(zeroblob(300))", "DELETE FROM event"}) {
    if (Status done = (*database)->run(sql); !done) return 4;
  }
  (void)::raise(SIGKILL);
  return 5;
}

void transaction_of_a_killed_program_leaves_nothing(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("l");
  fill(path);
  const std::string before = value_of(read_file(path));
  assert_int_equal(outcome_of(start_child([&] { return die_in_a_transaction(path); })), -SIGKILL);
  assert_true(fs::file_size(path + "-journal") > 0);
  assert_false(value_of(read_file(path)) == before);

  const auto ledger = open_ledger(path);
  const Books books = value_of(ledger->load());
  assert_int_equal(books.machines.size(), 200);
  for (const auto& [id, machine] : books.machines) {
    if (machine.state != MachineState::kReady) fail_msg("machine %d", static_cast<int>(id));
  }
  assert_int_equal(value_of(ledger->events(0, 1'000)).size(), 200);
}

int append_requests(const std::string& path, int count) {
  for (int i = 0; i < count; ++i) {
    // Opened for each call, as the power-save programs do.
    const auto ledger = Ledger::open(path, Ledger::Access::kReadWrite);
    if (!ledger || !(*ledger)->append_request(sample_request())) return 1;
  }
  return 0;
}

void programs_append_requests_while_the_broker_writes(void**) {
  constexpr int kPrograms = 3;
  constexpr int kRequests = 15;
  const TemporaryFolder folder;
  const std::string path = folder.file("l");
  std::vector<pid_t> programs;
  for (int i = 0; i < kPrograms; ++i) {
    programs.push_back(start_child([&] { return append_requests(path, kRequests); }));
  }
  const auto broker = open_ledger(path);  // who makes the file is left to chance
  for (int i = 0; i < kRequests; ++i) {
    Changes changes;
    changes.events = {sample_event("turn")};
    assert_done(broker->commit(changes));
    (void)value_of(broker->load());
  }
  for (const pid_t program : programs)
    assert_int_equal(outcome_of(program), 0);
  assert_int_equal(value_of(broker->open_requests()).size(), kPrograms * kRequests);
  assert_int_equal(value_of(broker->last_events(1'000)).size(), kRequests);
}

void many_programs_make_one_ledger(void**) {
  constexpr int kPrograms = 8;
  const TemporaryFolder folder;
  const std::string path = folder.file("l");
  std::vector<pid_t> programs;
  for (int i = 0; i < kPrograms; ++i) {
    programs.push_back(
        start_child([&] { return Ledger::open(path, Ledger::Access::kReadWrite) ? 0 : 1; }));
  }
  for (const pid_t program : programs)
    assert_int_equal(outcome_of(program), 0);
  const auto database = value_of(Database::open(path, Database::Access::kReadWrite));
  assert_int_equal(value_of(database->number("SELECT count(*) FROM identity")), 1);
}

void two_threads_with_their_own_connections_lose_nothing(void**) {
  constexpr int kEach = 15;
  const TemporaryFolder folder;
  const std::string path = folder.file("l");
  (void)open_ledger(path);
  int outcomes[2] = {-1, -1};
  std::thread first([&] { outcomes[0] = append_requests(path, kEach); });
  std::thread second([&] { outcomes[1] = append_requests(path, kEach); });
  first.join();
  second.join();
  assert_int_equal(outcomes[0], 0);
  assert_int_equal(outcomes[1], 0);
  assert_int_equal(value_of(open_ledger(path)->open_requests()).size(), 2 * kEach);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(absent_ledger_is_not_found_by_a_reader),
      cmocka_unit_test(absent_folder_is_an_io_error_with_the_path),
      cmocka_unit_test(folder_in_its_place_is_an_io_error),
      cmocka_unit_test(file_of_another_kind_is_refused_and_untouched),
      cmocka_unit_test(database_of_another_program_is_refused),
      cmocka_unit_test(ledger_that_lost_its_end_is_refused),
      cmocka_unit_test(damaged_pages_are_errors_or_harmless_but_never_a_crash),
      cmocka_unit_test(unknown_word_in_a_row_is_an_io_error),
      cmocka_unit_test(what_root_writes_stays_its_owners),
      cmocka_unit_test(read_only_folder_is_an_io_error_with_the_path),
      cmocka_unit_test(writable_ledger_in_a_read_only_folder_is_an_io_error_with_the_path),
      cmocka_unit_test(read_only_ledger_is_an_io_error_for_a_writer),
      cmocka_unit_test(commit_that_fails_writes_nothing_of_it),
      cmocka_unit_test(transaction_of_a_killed_program_leaves_nothing),
      cmocka_unit_test(programs_append_requests_while_the_broker_writes),
      cmocka_unit_test(many_programs_make_one_ledger),
      cmocka_unit_test(two_threads_with_their_own_connections_lose_nothing),
  };
  return cmocka_run_group_tests_name("ledger.trouble", tests, nullptr, nullptr);
}
