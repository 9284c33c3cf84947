// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where no more threads can be made. This pthread_create() stands before the C library's.
#include "broker/answer_pool.h"

#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "broker/tls_server.h"
#include "tests/broker/join_desk_fake.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

static int threads_left = 0;

extern "C" int pthread_create(pthread_t* thread,
                              const pthread_attr_t* attributes,
                              void* (*work)(void*),
                              void* argument) noexcept {
  if (threads_left-- <= 0) return EAGAIN;
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto real = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  return real(thread, attributes, work, argument);
}

namespace {

struct Fixture {
  Fixture() {
    auto loaded = load_join_identity(folder.path() + "/ledger.db");
    assert_true(static_cast<bool>(loaded));
    identity = *loaded;
  }
  TemporaryFolder folder;
  JoinIdentity identity;
  FakeDesk desk;
  SystemClock clock;
};

}  // namespace

static void a_thread_that_cannot_be_made_is_an_error(void**) {
  constexpr int kWorkers = 4;
  Fixture fixture;
  // The last of them is the one that moves the connections.
  for (int made = 0; made <= kWorkers + 1; ++made) {
    threads_left = made;
    TlsServerLimits limits;
    limits.workers = kWorkers;
    const auto started = start_tls_server(
        "127.0.0.1:0",
        fixture.identity.pem_file,
        limits,
        std::make_unique<JoinEndpoints>(JoinConfig{}, "", fixture.desk, fixture.clock));
    const bool is_enough = made == kWorkers + 1;
    if (static_cast<bool>(started) != is_enough) fail_msg("with %d threads", made);
    if (is_enough) continue;
    assert_true(started.error().code == ErrorCode::kIo);
    assert_non_null(strstr(started.error().message.c_str(), "thread"));
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_thread_that_cannot_be_made_is_an_error),
  };
  return cmocka_run_group_tests_name("broker.answer_pool", tests, nullptr, nullptr);
}
