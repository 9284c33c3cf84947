// SPDX-License-Identifier: GPL-2.0-or-later
//
// One connection to the join service, step by step, over a pair of sockets: what one client can
// make the thread that moves all connections do.
#include "broker/tls_connection.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

#include "broker/join.h"
#include "lib/time.h"
#include "tests/broker/join_desk_fake.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;
using Step = TlsConnection::Step;

namespace {

// Both ends in one thread; none of them blocks.
class Pair {
 public:
  explicit Pair(const TlsConnectionLimits& limits = {}) {
    const auto identity = load_join_identity(folder_.path() + "/ledger.db");
    assert_true(static_cast<bool>(identity));
    auto context = make_tls_context(identity->pem_file);
    assert_true(static_cast<bool>(context));
    context_ = *std::move(context);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    ours_ = Descriptor(ends[0]);
    connection_ = std::make_unique<TlsConnection>(
        *context_, Descriptor(ends[1]), "10.0.0.1", limits, endpoints_);
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_fd(client_.get(), ours_.number());
  }

  void offer_groups(const char* groups) {
    assert_int_equal(SSL_set1_groups_list(client_.get(), groups), 1);
  }
  void speak(int version) {
    SSL_set_min_proto_version(client_.get(), version);
    SSL_set_max_proto_version(client_.get(), version);
  }
  // False when one of both gives up.
  bool shake_hands() {
    while (SSL_connect(client_.get()) != 1) {
      ERR_clear_error();
      if (proceed() == Step::kEnd) return false;
    }
    return proceed() == Step::kRead;
  }
  Step proceed() { return connection_->proceed(); }

 private:
  TemporaryFolder folder_;
  FakeDesk desk_;
  SystemClock clock_;
  JoinEndpoints endpoints_{JoinConfig{}, "hello\n", desk_, clock_};
  TlsContext context_;
  TlsContext client_context_{SSL_CTX_new(TLS_client_method())};
  Descriptor ours_;
  std::unique_ptr<TlsConnection> connection_;
  TlsHandle client_;
};

struct GroupsCase {
  const char* groups;
  bool is_welcome;
};

}  // namespace

// A key exchange in ffdhe8192 costs 120 ms, and all connections wait for it.
static void only_cheap_key_exchanges_are_made(void**) {
  const GroupsCase cases[] = {
      {"X25519", true},
      {"P-256", true},
      {"P-384:P-256", true},
      {"P-384", false},
      {"P-521", false},
      {"X448", false},
      {"ffdhe2048", false},
      {"ffdhe8192", false},
  };
  for (const auto& c : cases) {
    Pair pair;
    pair.speak(TLS1_3_VERSION);
    pair.offer_groups(c.groups);
    if (pair.shake_hands() != c.is_welcome) fail_msg("%s", c.groups);
  }
  Pair older;
  older.speak(TLS1_2_VERSION);
  older.offer_groups("P-384");
  assert_false(older.shake_hands());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(only_cheap_key_exchanges_are_made),
  };
  return cmocka_run_group_tests_name("broker.tls_connection", tests, nullptr, nullptr);
}
