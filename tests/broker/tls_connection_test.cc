// SPDX-License-Identifier: GPL-2.0-or-later
//
// One connection to the join service, step by step, over a pair of sockets: what one client can
// make the thread that moves all connections do.
#include "broker/tls_connection.h"

#include <openssl/err.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

#include "broker/archives.h"
#include "broker/join.h"
#include "lib/file.h"
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
    theirs_ = ends[1];
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
  // One record a call.
  void write(const std::string& bytes) {
    assert_int_equal(SSL_write(client_.get(), bytes.data(), static_cast<int>(bytes.size())),
                     bytes.size());
  }
  // False when no more goes into the socket.
  [[nodiscard]] bool write_plain(const std::string& bytes) const {
    return send(ours_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  Step proceed() { return connection_->proceed(); }
  [[nodiscard]] TlsConnection& connection() const { return *connection_; }
  // What has come by now.
  std::string receive() {
    std::string all;
    char part[16'384];
    for (int got = 0; (got = SSL_read(client_.get(), part, sizeof part)) > 0;)
      all.append(part, static_cast<std::size_t>(got));
    return all;
  }
  [[nodiscard]] int unread() const {
    int bytes = 0;
    assert_int_equal(ioctl(theirs_, FIONREAD, &bytes), 0);
    return bytes;
  }
  [[nodiscard]] bool is_refused_for(const std::string& why) {
    return desk_.hears_refusal(why, std::chrono::milliseconds(0));
  }

 private:
  TemporaryFolder folder_;
  FakeDesk desk_;
  SystemClock clock_;
  JoinEndpoints endpoints_{JoinConfig{}, "hello\n", desk_, clock_};
  TlsContext context_;
  TlsContext client_context_{SSL_CTX_new(TLS_client_method())};
  Descriptor ours_;
  int theirs_ = -1;
  std::unique_ptr<TlsConnection> connection_;
  TlsHandle client_;
};

struct GroupsCase {
  const char* groups;
  bool is_welcome;
};

struct FloodCase {
  const char* name;
  std::size_t fragment;  // of the hello, in each record
  std::size_t records;
  TlsConnectionLimits limits;
};

// Records with parts of a hello that is said to have 130,560 bytes.
std::string flood_of(const FloodCase& c) {
  using std::string_literals::operator""s;
  const auto hello = "\x01\x01\xfe\x00\x03\x03"s + std::string(130'558, 'r');
  std::string flood;
  for (std::size_t i = 0; i < c.records; ++i) {
    flood += "\x16\x03\x01"s;
    flood += static_cast<char>(c.fragment >> 8U);
    flood += static_cast<char>(c.fragment & 255U);
    flood += hello.substr(i * c.fragment, c.fragment);
  }
  return flood;
}

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

static void a_handshake_is_read_so_far_and_no_farther(void**) {
  TlsConnectionLimits few_bytes;
  few_bytes.bytes = 20'000;
  const FloodCase cases[] = {
      {"many records", 1, 700, {}},
      {"many bytes", 1'000, 60, few_bytes},
  };
  for (const auto& c : cases) {
    Pair pair(c.limits);
    assert_true(pair.write_plain(flood_of(c)));
    const auto step = pair.proceed();
    if (step != Step::kEnd || !pair.is_refused_for("10.0.0.1 sent too much"))
      fail_msg("%s: goes on", c.name);
    if (pair.unread() == 0) fail_msg("%s: all was read", c.name);
  }
}

static void records_of_one_byte_are_not_taken_for_ever(void**) {
  Pair pair;
  assert_true(pair.shake_hands());
  auto step = Step::kRead;
  int records = 0;
  for (; step == Step::kRead && records < 2'000; ++records) {
    pair.write("\r");
    step = pair.proceed();
  }
  assert_true(records < 1'000);
  assert_true(pair.is_refused_for("10.0.0.1 sent too much"));
}

static void a_client_with_much_to_say_leaves_the_others_their_turn(void**) {
  Pair pair;
  assert_true(pair.shake_hands());
  for (int i = 0; i < 100; ++i)
    pair.write("x");
  int turns = 0;
  for (; pair.unread() > 0; ++turns)
    assert_true(pair.proceed() == Step::kRead);
  assert_true(turns > 5);
}

static void a_head_ends_wherever_its_records_do(void**) {
  const std::string head =
      "GET /v1/bootstrap HTTP/1.1\r\nAuthorization: Bearer " + FakeDesk::kToken + "\r\n\r\n";
  for (std::size_t at = 1; at < head.size(); ++at) {
    Pair pair;
    assert_true(pair.shake_hands());
    pair.write(head.substr(0, at));
    if (pair.proceed() != Step::kRead) fail_msg("answered after %zu bytes", at);
    pair.write(head.substr(at));
    if (pair.proceed() != Step::kAnswer) fail_msg("not answered: %zu bytes first", at);
  }
}

// A disk may be slow, and one on a network gone: none of it is read by the thread that calls here.
static void archives_are_read_elsewhere(void**) {
  TemporaryFolder folder;
  const std::string content(2'500'000, 'x');
  const auto path = folder.file("slurm.tar");
  assert_true(static_cast<bool>(write_file_atomically(path, content)));
  Archives archives({{"debian-12", path}});
  Pair pair;
  assert_true(pair.shake_hands());
  pair.write("GET /v1/archive HTTP/1.1\r\nAuthorization: Bearer " + FakeDesk::kToken + "\r\n\r\n");
  assert_true(pair.proceed() == Step::kAnswer);
  JoinAnswer answer{200, {}, "application/octet-stream", ""};
  answer.download = *archives.open("debian-12", "10.0.0.1");
  std::string received;
  int parts = 0;
  for (auto step = pair.connection().proceed_with(std::move(answer)); step != Step::kEnd;) {
    received += pair.receive();
    if (step == Step::kPart) {
      ++parts;
      step = pair.connection().proceed_with_part(pair.connection().take_reading()());
    } else {
      step = pair.proceed();
    }
  }
  received += pair.receive();
  assert_int_equal(parts, 3);
  assert_true(received.ends_with("\r\n\r\n" + content));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(only_cheap_key_exchanges_are_made),
      cmocka_unit_test(a_handshake_is_read_so_far_and_no_farther),
      cmocka_unit_test(records_of_one_byte_are_not_taken_for_ever),
      cmocka_unit_test(a_client_with_much_to_say_leaves_the_others_their_turn),
      cmocka_unit_test(a_head_ends_wherever_its_records_do),
      cmocka_unit_test(archives_are_read_elsewhere),
  };
  return cmocka_run_group_tests_name("broker.tls_connection", tests, nullptr, nullptr);
}
