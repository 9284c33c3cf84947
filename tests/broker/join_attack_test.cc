// SPDX-License-Identifier: GPL-2.0-or-later
//
// The join service while somebody attacks it. No connection of an attacker ends by time here: what
// lets the machine in is that they hold nothing that it needs.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "broker/join.h"
#include "broker/tls_server.h"
#include "lib/file.h"
#include "lib/http.h"
#include "tests/broker/join_desk_fake.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;
using std::chrono::milliseconds;

namespace {

constexpr int kConnections = 500;
constexpr int kAddresses = 10;
constexpr milliseconds kForever{3'600'000};

struct Fixture {
  explicit Fixture(TlsServerLimits limits,
                   const std::string& archive = "",
                   const std::string& listen = "127.0.0.1:0") {
    JoinConfig config;
    if (!archive.empty()) {
      config.archives = {{"debian-12", temporary.path() + "/slurm.tar"}};
      assert_true(static_cast<bool>(write_file_atomically(config.archives["debian-12"], archive)));
    }
    limits.connection.request = limits.connection.answer = kForever;
    const auto identity = load_join_identity(temporary.path() + "/ledger.db");
    assert_true(static_cast<bool>(identity));
    auto started =
        start_tls_server(listen,
                         identity->pem_file,
                         limits,
                         std::make_unique<JoinEndpoints>(config, "hello\n", desk, clock));
    assert_true(static_cast<bool>(started));
    service = *std::move(started);
  }
  TemporaryFolder temporary;
  FakeDesk desk;
  SystemClock clock;
  std::unique_ptr<JoinService> service;
};

// Without a place in the service a client may be reset at any moment: what it does is tried.
class Client {
 public:
  Client(const std::string& source, int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, source.c_str(), &address.sin_addr);
    assert_int_equal(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    assert_int_equal(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  // From ::1.
  explicit Client(int port) : fd_(socket(AF_INET6, SOCK_STREAM, 0)) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(static_cast<std::uint16_t>(port));
    assert_int_equal(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() {
    SSL_free(tls_);
    close(fd_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send_plain(const std::string& bytes) const {
    (void)send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  bool shake_hands() {
    static SSL_CTX* const kContext = SSL_CTX_new(TLS_client_method());
    tls_ = SSL_new(kContext);
    SSL_set_fd(tls_, fd_);
    return SSL_connect(tls_) == 1;
  }
  bool send_secretly(const std::string& bytes) {
    return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  // What comes until the connection's end.
  std::string receive() {
    std::string all;
    char part[4096];
    for (int got = 0; (got = SSL_read(tls_, part, sizeof part)) > 0;)
      all.append(part, static_cast<std::size_t>(got));
    return all;
  }
  void give_up_after(int seconds) const {
    const timeval patience{seconds, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  // Has the service ended it?
  [[nodiscard]] bool is_ended() const {
    char byte = 0;
    const auto got = recv(fd_, &byte, 1, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN);
  }

 private:
  int fd_;
  SSL* tls_ = nullptr;
};

std::string get(const std::string& what, const std::string& token) {
  return "GET " + what + " HTTP/1.1\r\nAuthorization: Bearer " + token + "\r\n\r\n";
}

std::string get_bootstrap(const std::string& token) {
  return get("/v1/bootstrap", token);
}

// A machine at 127.0.0.1 asks; it waits as long as it takes.
std::string ask_as_machine(const Fixture& fixture) {
  Client machine("127.0.0.1", fixture.service->port());
  if (!machine.shake_hands() || !machine.send_secretly(get_bootstrap(FakeDesk::kToken))) return "";
  return machine.receive();
}

void be_silent(Client&) {}

// 100 bytes of a record that says it has 517.
void say_half_a_hello(Client& client) {
  using std::string_literals::operator""s;
  client.send_plain("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(89, 'r'));
}

void send_garbage(Client& client) {
  client.send_plain(std::string(20'000, '\xff'));
}

void shake_hands_only(Client& client) {
  (void)client.shake_hands();
}

void send_half_a_head(Client& client) {
  if (client.shake_hands()) client.send_secretly("GET /v1/bootstrap HTTP/1.1\r\nX-More: ");
}

void send_half_a_body(Client& client) {
  if (!client.shake_hands()) return;
  client.send_secretly(
      "POST /v1/join HTTP/1.1\r\nContent-Type: application/json\r\n"
      "Content-Length: 65536\r\nAuthorization: Bearer " +
      FakeDesk::kToken + "\r\n\r\n{");
}

void try_a_wrong_token(Client& client) {
  if (client.shake_hands()) client.send_secretly(get_bootstrap(std::string(64, 'f')));
}

struct Attack {
  const char* name;
  void (*play)(Client&);
};

}  // namespace

static void no_attack_keeps_a_machine_out(void**) {
  const Attack attacks[] = {
      {"silent", be_silent},
      {"half a hello", say_half_a_hello},
      {"garbage", send_garbage},
      {"TLS, then nothing", shake_hands_only},
      {"half a head", send_half_a_head},
      {"half a body", send_half_a_body},
      {"wrong tokens", try_a_wrong_token},
  };
  for (const auto& attack : attacks) {
    TlsServerLimits limits;
    limits.connections = 100;  // fewer than the attackers' addresses may hold together
    limits.per_peer = 20;
    limits.workers = 2;
    const Fixture fixture(limits);
    std::vector<std::unique_ptr<Client>> hostile;
    for (int i = 0; i < kConnections; ++i) {
      const auto source = "127.0.1." + std::to_string(1 + i % kAddresses);
      hostile.push_back(std::make_unique<Client>(source, fixture.service->port()));
      attack.play(*hostile.back());
    }
    const auto answer = ask_as_machine(fixture);
    if (!answer.ends_with("hello\n")) fail_msg("%s: %s", attack.name, answer.c_str());
  }
}

static void refusals_of_an_attacker_are_few_and_bear_its_address(void**) {
  Fixture fixture({});
  for (int i = 0; i < 100; ++i) {
    Client client("127.0.1.1", fixture.service->port());
    try_a_wrong_token(client);
  }
  assert_true(ask_as_machine(fixture).ends_with("hello\n"));
  assert_true(fixture.desk.hears_refusal("127.0.1.1 GET /v1/bootstrap: unknown token"));
  assert_true(fixture.desk.count("refusal") <= RefusalLimit::kPerPeer);
  assert_int_equal(fixture.desk.count("admit"),
                   1);  // the machine's: theirs cost the broker nothing
}

static void the_oldest_without_a_request_makes_room(void**) {
  TlsServerLimits limits;
  limits.connections = 3;
  const Fixture fixture(limits);
  std::vector<std::unique_ptr<Client>> hostile;
  for (const char* source : {"127.0.1.1", "127.0.1.2", "127.0.1.3"})
    hostile.push_back(std::make_unique<Client>(source, fixture.service->port()));
  assert_true(ask_as_machine(fixture).ends_with("hello\n"));
  assert_true(hostile[0]->is_ended());
  assert_false(hostile[1]->is_ended());
  assert_false(hostile[2]->is_ended());
}

// Somebody behind the NAT of the machines says nothing, as often as their address may.
static void the_oldest_of_a_full_peer_makes_room(void**) {
  TlsServerLimits limits;
  limits.per_peer = 3;
  Fixture fixture(limits);
  std::vector<std::unique_ptr<Client>> hostile;
  for (const char* source : {"127.0.1.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"})
    hostile.push_back(std::make_unique<Client>(source, fixture.service->port()));
  assert_true(ask_as_machine(fixture).ends_with("hello\n"));
  assert_false(hostile[0]->is_ended());
  assert_true(hostile[1]->is_ended());
  assert_false(hostile[2]->is_ended());
  assert_false(hostile[3]->is_ended());
  assert_true(fixture.desk.hears_refusal("127.0.0.1 too many connections at once"));
}

// One who has a /48 has 65,536 groups.
static void the_oldest_of_a_full_network_makes_room(void**) {
  TlsServerLimits limits;
  limits.per_network = 2;
  const Fixture fixture(limits, "", "[::1]:0");
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i)
    clients.push_back(std::make_unique<Client>(fixture.service->port()));
  assert_true(clients[2]->shake_hands());
  assert_true(clients[0]->is_ended());
  assert_false(clients[1]->is_ended());
}

// Who holds a token can make the broker work, but not keep the others from its desk.
static void one_peer_asks_so_much_at_once_and_the_rest_later(void**) {
  TlsServerLimits limits;
  limits.questions_per_peer = 3;
  Fixture fixture(limits);
  std::promise<void> answers;
  fixture.desk.gate = answers.get_future().share();
  std::vector<std::unique_ptr<Client>> hostile;
  for (int i = 0; i < 5; ++i) {
    if (i == 3) assert_true(fixture.desk.sees_come(3));
    hostile.push_back(std::make_unique<Client>("127.0.1.1", fixture.service->port()));
    hostile.back()->give_up_after(30);
    assert_true(hostile.back()->shake_hands());
    assert_true(hostile.back()->send_secretly(get_bootstrap(FakeDesk::kToken)));
  }
  for (std::size_t i = 3; i < 5; ++i) {
    const auto answer = hostile[i]->receive();
    assert_true(answer.starts_with("HTTP/1.1 503 "));
    assert_true(answer.find("Retry-After: 5\r\n") != std::string::npos);
  }
  answers.set_value();
  for (std::size_t i = 0; i < 3; ++i)
    assert_true(hostile[i]->receive().ends_with("hello\n"));
  for (int i = 0; i < 4; ++i) {
    Client later("127.0.1.1", fixture.service->port());
    assert_true(later.shake_hands() && later.send_secretly(get_bootstrap(FakeDesk::kToken)));
    assert_true(later.receive().ends_with("hello\n"));
  }
}

static void slow_downloads_give_way_when_all_places_are_taken(void**) {
  TlsServerLimits limits;
  limits.slow_after = milliseconds(200);
  const std::string archive(20'000'000, 'x');  // more than the kernel takes of it
  Fixture fixture(limits, archive);
  const auto request = get("/v1/archive?os=debian-12", FakeDesk::kToken);
  std::vector<std::unique_ptr<Client>> hostile;
  for (int i = 0; i < Archives::kAtOnce; ++i) {
    const auto source = "127.0.1." + std::to_string(1 + i / Archives::kAtOncePerPeer);
    hostile.push_back(std::make_unique<Client>(source, fixture.service->port()));
    assert_true(hostile.back()->shake_hands() && hostile.back()->send_secretly(request));
  }
  assert_true(fixture.desk.hears_refusal("too slow: others wait for its place"));
  Client machine("127.0.0.1", fixture.service->port());
  assert_true(machine.shake_hands() && machine.send_secretly(request));
  assert_true(machine.receive().ends_with(archive));
}

int main() {
  (void)signal(SIGPIPE, SIG_IGN);  // clients here write to a service that hangs up
  const CMUnitTest tests[] = {
      cmocka_unit_test(no_attack_keeps_a_machine_out),
      cmocka_unit_test(refusals_of_an_attacker_are_few_and_bear_its_address),
      cmocka_unit_test(the_oldest_without_a_request_makes_room),
      cmocka_unit_test(the_oldest_of_a_full_peer_makes_room),
      cmocka_unit_test(the_oldest_of_a_full_network_makes_room),
      cmocka_unit_test(slow_downloads_give_way_when_all_places_are_taken),
      cmocka_unit_test(one_peer_asks_so_much_at_once_and_the_rest_later),
  };
  return cmocka_run_group_tests_name("broker.join_attack", tests, nullptr, nullptr);
}
