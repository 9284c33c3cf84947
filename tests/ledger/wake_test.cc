// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/wake.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "lib/file.h"
#include "tests/ledger/samples.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;
namespace fs = std::filesystem;

namespace {

bool is_readable(const WakeSocket& socket, int milliseconds) {
  pollfd waiting{socket.descriptor(), POLLIN, 0};
  return ::poll(&waiting, 1, milliseconds) == 1;
}

std::unique_ptr<WakeSocket> open_socket(const std::string& ledger_path) {
  return value_of(WakeSocket::open(ledger_path));
}

// What a broker that was killed leaves behind.
void leave_abandoned_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int number = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  assert_int_equal(::bind(number, generic, sizeof address), 0);
  (void)::close(number);
}

void call_wakes_until_it_is_drained(void**) {
  const TemporaryFolder folder;
  const auto socket = open_socket(folder.file("l"));
  assert_false(is_readable(*socket, 0));
  wake_broker(folder.file("l"));
  assert_true(is_readable(*socket, 30'000));
  socket->drain();
  assert_false(is_readable(*socket, 0));
  socket->drain();
  wake_broker(folder.file("l"));
  assert_true(is_readable(*socket, 30'000));
}

void caller_never_waits_however_many_call(void**) {
  const TemporaryFolder folder;
  const auto socket = open_socket(folder.file("l"));
  for (int i = 0; i < 10'000; ++i)
    wake_broker(folder.file("l"));
  assert_true(is_readable(*socket, 0));
  socket->drain();
  assert_false(is_readable(*socket, 0));
}

void call_without_a_broker_does_nothing(void**) {
  const TemporaryFolder folder;
  wake_broker(folder.file("l"));
  wake_broker(folder.file("absent/l"));
  leave_abandoned_socket(folder.file("a.wake"));
  wake_broker(folder.file("a"));
  assert_false(fs::exists(folder.file("l.wake")));
}

void socket_belongs_to_its_user_alone_and_goes_with_the_broker(void**) {
  const TemporaryFolder folder;
  {
    const auto socket = open_socket(folder.file("l"));
    struct stat facts {};
    assert_int_equal(::stat(folder.file("l.wake").c_str(), &facts), 0);
    assert_true(S_ISSOCK(facts.st_mode));
    assert_int_equal(facts.st_mode & 0777U, 0600);
  }
  assert_false(fs::exists(folder.file("l.wake")));
}

void socket_of_a_killed_broker_is_replaced(void**) {
  const TemporaryFolder folder;
  leave_abandoned_socket(folder.file("l.wake"));
  const auto socket = open_socket(folder.file("l"));
  wake_broker(folder.file("l"));
  assert_true(is_readable(*socket, 30'000));
}

// It stalled, and does not lead any more: when it ends, its successor keeps the place.
void socket_of_the_last_leader_is_taken_over(void**) {
  const TemporaryFolder folder;
  auto first = open_socket(folder.file("l"));
  const auto second = open_socket(folder.file("l"));
  wake_broker(folder.file("l"));
  assert_true(is_readable(*second, 30'000));
  assert_false(is_readable(*first, 0));
  second->drain();
  first.reset();
  wake_broker(folder.file("l"));
  assert_true(is_readable(*second, 30'000));
}

void file_in_its_place_is_left_alone(void**) {
  const TemporaryFolder folder;
  assert_done(write_file_atomically(folder.file("l.wake"), "precious"));
  const auto socket = WakeSocket::open(folder.file("l"));
  assert_false(static_cast<bool>(socket));
  assert_true(socket.error().code == ErrorCode::kIo);
  assert_string_equal(value_of(read_file(folder.file("l.wake"))).c_str(), "precious");
}

void path_that_no_socket_can_have_is_refused(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file(std::string(120, 'x'));
  const auto socket = WakeSocket::open(path);
  assert_false(static_cast<bool>(socket));
  assert_true(socket.error().code == ErrorCode::kInvalid);
  wake_broker(path);
}

void absent_folder_is_an_io_error(void**) {
  const TemporaryFolder folder;
  const auto socket = WakeSocket::open(folder.file("absent/l"));
  assert_false(static_cast<bool>(socket));
  assert_true(socket.error().code == ErrorCode::kIo);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(call_wakes_until_it_is_drained),
      cmocka_unit_test(caller_never_waits_however_many_call),
      cmocka_unit_test(call_without_a_broker_does_nothing),
      cmocka_unit_test(socket_belongs_to_its_user_alone_and_goes_with_the_broker),
      cmocka_unit_test(socket_of_a_killed_broker_is_replaced),
      cmocka_unit_test(socket_of_the_last_leader_is_taken_over),
      cmocka_unit_test(file_in_its_place_is_left_alone),
      cmocka_unit_test(path_that_no_socket_can_have_is_refused),
      cmocka_unit_test(absent_folder_is_an_io_error),
  };
  return cmocka_run_group_tests_name("ledger.wake", tests, nullptr, nullptr);
}
