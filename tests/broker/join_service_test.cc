// SPDX-License-Identifier: GPL-2.0-or-later
//
// The join service on real sockets: the curl program as the machine, and raw clients for what curl
// does not do.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "broker/join.h"
#include "broker/tls_server.h"
#include "lib/file.h"
#include "lib/http.h"
#include "lib/secret.h"
#include "tests/broker/join_desk_fake.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;
using Milliseconds = std::chrono::milliseconds;

namespace {

constexpr int kPatience = 30'000;  // milliseconds; a loaded machine is no failure

// --- A service in a folder -----------------------------------------------------

struct Fixture {
  Fixture() {
    auto loaded = load_join_identity(folder + "/ledger.db");
    assert_true(static_cast<bool>(loaded));
    identity = *loaded;
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  void start(const TlsServerLimits& limits = {}) {
    auto endpoints = std::make_unique<JoinEndpoints>(config, "echo hello\n", desk, clock);
    auto started = start_tls_server("127.0.0.1:0", identity.pem_file, limits, std::move(endpoints));
    assert_true(static_cast<bool>(started));
    service = std::move(*started);
  }
  [[nodiscard]] std::string url(const std::string& scheme = "https") const {
    return scheme + "://127.0.0.1:" + std::to_string(service->port());
  }

  TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  JoinIdentity identity;
  JoinConfig config;
  FakeDesk desk;
  SystemClock clock;
  std::unique_ptr<JoinService> service;
};

// A fixture that serves an archive of so many bytes, no two blocks of them alike.
std::string add_archive(Fixture& fixture, std::size_t bytes) {
  std::string content;
  while (content.size() < bytes)
    content += sha256_hex(std::to_string(content.size()));
  content.resize(bytes);
  const std::string path = fixture.folder + "/slurm.tar";
  assert_true(static_cast<bool>(write_file_atomically(path, content)));
  fixture.config.archives = {{"debian-12", path}};
  return content;
}

struct CurlResult {
  int exit_status = -1;
  std::string output;  // the body, then the status
};

CurlResult run_curl(const std::string& arguments) {
  const std::string command = "curl -q -sS -m 60 -w '%{http_code}' -H 'Authorization: Bearer " +
                              FakeDesk::kToken + "' " + arguments + " 2>/dev/null";
  FILE* pipe = popen(command.c_str(), "r");  // NOLINT: the test's own words
  assert_non_null(pipe);
  CurlResult result;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe))
    result.output += static_cast<char>(c);
  result.exit_status = WEXITSTATUS(pclose(pipe));
  return result;
}

std::string pinned(const JoinIdentity& identity) {
  return "-k --pinnedpubkey '" + identity.pin + "' ";
}

// --- Raw clients ---------------------------------------------------------------

struct Socket {
  explicit Socket(int number) : fd(number) {}
  ~Socket() { close(fd); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd;
};

std::unique_ptr<Socket> connect_from(const char* source, int port) {
  auto client = std::make_unique<Socket>(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, source, &address.sin_addr);
  assert_int_equal(bind(client->fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  assert_int_equal(connect(client->fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return client;
}

// Has the other side ended the connection within the time?
bool is_ended_within(int fd, int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + Milliseconds(milliseconds);
  while (true) {
    const auto left = std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now());
    pollfd waiting{fd, POLLIN, 0};
    if (poll(&waiting, 1, std::max(0, static_cast<int>(left.count()))) > 0) {
      char byte = 0;
      if (recv(fd, &byte, 1, 0) <= 0) return true;
    } else if (left <= Milliseconds(0)) {
      return false;
    }
  }
}

class TlsClient {
 public:
  TlsClient(int port, int version)
      : socket_(connect_from("127.0.0.1", port)), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_, version);
    SSL_CTX_set_max_proto_version(context_, version);
    // Or this client itself would refuse old versions, and the test would show nothing.
    SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
    connection_ = SSL_new(context_);
    SSL_set_fd(connection_, socket_->fd);
  }
  ~TlsClient() {
    SSL_free(connection_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // 0, or the reason of OpenSSL's error.
  int shake_hands() {
    ERR_clear_error();
    return SSL_connect(connection_) == 1 ? 0 : ERR_GET_REASON(ERR_peek_error());
  }
  bool write(const std::string& text) {
    return SSL_write(connection_, text.data(), static_cast<int>(text.size())) > 0;
  }
  [[nodiscard]] int fd() const { return socket_->fd; }

 private:
  std::unique_ptr<Socket> socket_;
  SSL_CTX* context_;
  SSL* connection_ = nullptr;
};

}  // namespace

// --- Service ---------------------------------------------------------------------

static void curl_with_the_right_pin_is_served(void**) {
  Fixture fixture;
  fixture.start();
  const auto result = run_curl(pinned(fixture.identity) + fixture.url() + "/v1/bootstrap");
  assert_int_equal(result.exit_status, 0);
  assert_string_equal(result.output.c_str(), "echo hello\n200");
}

static void curl_with_another_pin_turns_away(void**) {
  Fixture fixture;
  fixture.start();
  const auto other = load_join_identity(fixture.folder + "/other.db");
  const auto result = run_curl(pinned(*other) + fixture.url() + "/v1/bootstrap");
  assert_int_equal(result.exit_status, 90);  // CURLE_SSL_PINNEDPUBKEYNOTMATCH
  assert_true(fixture.desk.hears_refusal("127.0.0.1 left after the handshake without a request"));
  assert_int_equal(fixture.desk.calls().size(), 1);
}

static void the_service_is_reached_without_a_request_by_its_pin_alone(void**) {
  Fixture fixture;
  fixture.start();
  const auto other = load_join_identity(fixture.folder + "/other.db");
  const auto reach = [&](const std::string& pin) {
    return try_connection(fixture.url(), pin, Milliseconds(kPatience));
  };
  const auto reached = reach(fixture.identity.pin);
  if (!reached) fail_msg("%s", reached.error().message.c_str());
  const auto mistaken = reach(other->pin);
  assert_true(!mistaken && mistaken.error().code == ErrorCode::kTransient);
  assert_non_null(strstr(mistaken.error().message.c_str(), "pinned"));
  assert_false(static_cast<bool>(reach("")));  // nobody vouches for it
  assert_int_equal(fixture.desk.count("refusal"), fixture.desk.calls().size());
}

static void a_whole_join_passes(void**) {
  Fixture fixture;
  fixture.start();
  const auto result =
      run_curl(pinned(fixture.identity) + fixture.url() +
               "/v1/join -H 'Content-Type: application/json' --data-raw "
               R"('{"addresses":["127.77.0.5"],"hostname":"h","gpus":8,"gpu_model":"H100",)"
               R"("infiniband_ports":0,"infiniband_gbps":0,"memory_mib":1,"cpus":2,)"
               R"("os":"","wireguard_key":""}')");
  assert_string_equal(
      result.output.c_str(),
      R"({"node":"h100-001","cluster":"hpc1","slurm":"","gpu":"","gpus":8,"cpus":0,)"
      R"("memory_mib":0,"disk_mib":0,"infiniband_ports":0,"infiniband_gbps":0,)"
      R"("bandwidth_gbps":0,"slurmctld":["head:6817"],"hosts":[],"mounts":[],"files":[]})"
      "\n200");
  assert_int_equal(fixture.desk.count("join 127.0.0.1"), 1);
}

static void statuses_and_headers_reach_the_machine(void**) {
  Fixture fixture;
  fixture.desk.complaint_error =
      Error{ErrorCode::kTransient, "not known yet", std::chrono::seconds(7)};
  fixture.start();
  const auto result = run_curl(pinned(fixture.identity) + "-D - " + fixture.url() +
                               "/v1/ready -H 'Content-Type: application/json' --data-raw '{}'");
  assert_non_null(strstr(result.output.c_str(), "Retry-After: 7\r\n"));
  assert_non_null(strstr(result.output.c_str(), "not now\n503"));
}

static void plain_http_is_refused(void**) {
  Fixture fixture;
  fixture.start();
  const auto result = run_curl(fixture.url("http") + "/v1/bootstrap");
  assert_int_not_equal(result.exit_status, 0);
  assert_string_equal(result.output.c_str(), "000");
  assert_true(fixture.desk.hears_refusal("127.0.0.1 TLS: http request"));
  assert_int_equal(fixture.desk.calls().size(), 1);
}

static void tls_older_than_1_2_is_refused(void**) {
  Fixture fixture;
  fixture.start();
  TlsClient old(fixture.service->port(), TLS1_1_VERSION);
  assert_int_equal(old.shake_hands(), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(fixture.service->port(), version);
    assert_int_equal(client.shake_hands(), 0);
  }
}

static void oversize_bodies_are_refused(void**) {
  Fixture fixture;
  fixture.start();
  const std::string file = fixture.folder + "/body";
  for (const std::size_t size : {std::size_t{65'537}, std::size_t{5'000'000}}) {
    assert_true(static_cast<bool>(write_file_atomically(file, std::string(size, ' '))));
    for (const char* framing : {"", "-H 'Transfer-Encoding: chunked' "}) {
      const auto result =
          run_curl(pinned(fixture.identity) + fixture.url() + "/v1/join " + framing +
                   "-H 'Content-Type: application/json' -H 'Expect:' " + "--data-binary @" + file);
      const bool refused = result.output.ends_with("413") || result.output.ends_with("411") ||
                           result.exit_status != 0;  // the answer may be lost in a reset
      if (!refused) fail_msg("%zu bytes %s: %s", size, framing, result.output.c_str());
    }
  }
  assert_int_equal(fixture.desk.count("join"), 0);
}

static void endless_headers_are_cut(void**) {
  Fixture fixture;
  fixture.start();
  TlsClient client(fixture.service->port(), TLS1_3_VERSION);
  assert_int_equal(client.shake_hands(), 0);
  assert_true(client.write("GET /v1/bootstrap HTTP/1.1\r\n"));
  const std::string line = "X-More: " + std::string(1'000, 'x') + "\r\n";
  int lines = 0;
  while (lines < 20'000 && client.write(line))
    ++lines;
  assert_true(lines < 20'000);
  assert_true(fixture.desk.hears_refusal("the request's head is too large"));
  assert_int_equal(fixture.desk.calls().size(), 1);
}

static void silent_clients_are_dropped(void**) {
  Fixture fixture;
  TlsServerLimits limits;
  limits.connection.request = Milliseconds(200);
  fixture.start(limits);
  const auto mute = connect_from("127.0.0.1", fixture.service->port());
  assert_true(is_ended_within(mute->fd, kPatience));
  assert_true(fixture.desk.hears_refusal("127.0.0.1 too slow: no TLS handshake"));
}

static void dribbling_clients_are_dropped(void**) {
  Fixture fixture;
  TlsServerLimits limits;
  limits.connection.request = Milliseconds(500);
  fixture.start(limits);
  TlsClient client(fixture.service->port(), TLS1_3_VERSION);
  assert_int_equal(client.shake_hands(), 0);
  const auto begun = std::chrono::steady_clock::now();
  // Never silent for long, never done.
  while (client.write("X") && !is_ended_within(client.fd(), 50)) {
    if (std::chrono::steady_clock::now() - begun > Milliseconds(kPatience))
      fail_msg("still served after %d ms", kPatience);
  }
  assert_true(fixture.desk.hears_refusal("127.0.0.1 too slow: no whole request"));
}

static void a_peer_holds_so_many_connections_and_no_more(void**) {
  Fixture fixture;
  TlsServerLimits limits;
  limits.per_peer = 3;
  limits.connection.request = Milliseconds(120'000);
  fixture.start(limits);
  std::vector<std::unique_ptr<Socket>> hostile;
  for (int i = 0; i < 200; ++i)
    hostile.push_back(connect_from("127.0.0.2", fixture.service->port()));
  const auto result = run_curl(pinned(fixture.identity) + "--interface 127.0.0.1 " + fixture.url() +
                               "/v1/bootstrap");
  assert_string_equal(result.output.c_str(), "echo hello\n200");
  int held = 0;
  for (const auto& client : hostile)
    held += is_ended_within(client->fd, 1) ? 0 : 1;
  assert_int_equal(held, 3);
  assert_true(fixture.desk.hears_refusal("127.0.0.2 too many connections at once"));
  // Places are given back: when the hostile ones have gone, their address is served again.
  hostile.clear();
  const auto later = run_curl(pinned(fixture.identity) + "--retry 20 --retry-all-errors " +
                              "--interface 127.0.0.2 " + fixture.url() + "/v1/bootstrap");
  assert_true(later.output.ends_with("200"));
}

static void archives_arrive_whole(void**) {
  Fixture fixture;
  const auto content = add_archive(fixture, 5'000'001);
  fixture.start();
  const auto result =
      run_curl(pinned(fixture.identity) + "'" + fixture.url() + "/v1/archive?os=debian-12'");
  assert_true(result.output == content + "200");
}

static void stalled_downloads_are_dropped_and_leave_their_places(void**) {
  Fixture fixture;
  (void)add_archive(fixture, 20'000'000);  // more than the kernel takes of it
  TlsServerLimits limits;
  limits.connection.answer = Milliseconds(500);
  fixture.start(limits);
  std::vector<std::unique_ptr<TlsClient>> stalled;
  for (int i = 0; i < Archives::kAtOncePerPeer; ++i) {
    stalled.push_back(std::make_unique<TlsClient>(fixture.service->port(), TLS1_3_VERSION));
    assert_int_equal(stalled.back()->shake_hands(), 0);
    assert_true(
        stalled.back()->write("GET /v1/archive?os=debian-12 HTTP/1.1\r\n"
                              "Authorization: Bearer " +
                              FakeDesk::kToken + "\r\n\r\n"));
  }
  assert_true(fixture.desk.hears_refusal("127.0.0.1 too slow: does not take its answer"));
  const auto later =
      run_curl(pinned(fixture.identity) + "-o /dev/null --retry 20 --retry-delay 1 '" +
               fixture.url() + "/v1/archive?os=debian-12'");
  assert_true(later.output.ends_with("200"));
}

static void ending_the_service_does_not_wait_for_slow_clients(void**) {
  Fixture fixture;
  TlsServerLimits limits;
  limits.connection.request = Milliseconds(600'000);
  fixture.start(limits);
  TlsClient slow(fixture.service->port(), TLS1_3_VERSION);
  assert_int_equal(slow.shake_hands(), 0);
  const auto mute = connect_from("127.0.0.1", fixture.service->port());
  const auto begun = std::chrono::steady_clock::now();
  fixture.service.reset();
  assert_true(std::chrono::steady_clock::now() - begun < Milliseconds(kPatience));
}

static void a_port_in_use_is_an_error(void**) {
  Fixture fixture;
  fixture.start();
  JoinConfig config;
  config.listen = "127.0.0.1:" + std::to_string(fixture.service->port());
  const auto second = start_join_service(config, fixture.identity, "", fixture.desk);
  assert_false(static_cast<bool>(second));
  assert_int_equal(static_cast<int>(second.error().code), static_cast<int>(ErrorCode::kIo));
}

static void bad_listen_texts_are_refused(void**) {
  const Fixture fixture;
  FakeDesk desk;
  for (const char* listen : {"",
                             ":",
                             "8444",
                             ":8444",
                             "127.0.0.1",
                             "127.0.0.1:",
                             "127.0.0.1:x",
                             "127.0.0.1:65536",
                             "127.0.0.1:-1",
                             "[]:8444",
                             "127.0.0.1:84 44"}) {
    JoinConfig config;
    config.listen = listen;
    const auto service = start_join_service(config, fixture.identity, "", desk);
    if (service) fail_msg("accepted: %s", listen);
    if (service.error().code != ErrorCode::kInvalid) fail_msg("%s: other code", listen);
  }
}

static void bad_deliveries_are_refused(void**) {
  const Fixture fixture;
  FakeDesk desk;
  const DeliveredFile cases[] = {
      {"/f", "relative", "0400", "root"},
      {"/f", "", "0400", "root"},
      {"/f", "/a/../b", "0400", "root"},
      {"/f", "/a\nfile 0400 root - /b", "0400", "root"},
      {"/f", "/a", "400", "root"},
      {"/f", "/a", "", "root"},
      {"/f", "/a", "0800", "root"},
      {"/f", "/a", "04000", "root"},
      {"/f", "/a", "0400", ""},
      {"/f", "/a", "0400", "a b"},
      {"/f", "/a", "0400", "root\n"},
  };
  for (const auto& file : cases) {
    JoinConfig config;
    config.listen = "127.0.0.1:0";
    config.deliver = {file};
    if (start_join_service(config, fixture.identity, "", desk))
      fail_msg("accepted: %s %s %s", file.to.c_str(), file.mode.c_str(), file.owner.c_str());
  }
}

static void bootstrap_script_has_all_its_parts(void**) {
  const char* source = getenv("SPILLWAY_SOURCE_DIR");  // NOLINT: no threads yet
  assert_non_null(source);
  int parts = 0;
  for (const auto& part :
       std::filesystem::directory_iterator(std::string(source) + "/etc/bootstrap")) {
    const auto text = read_file(part.path());
    assert_true(static_cast<bool>(text));
    if (bootstrap_script().find(*text) == std::string::npos)
      fail_msg("%s is not served", part.path().c_str());
    ++parts;
  }
  assert_true(parts > 10);
}

int main() {
  (void)signal(SIGPIPE, SIG_IGN);  // clients here write to a service that hangs up
  const CMUnitTest tests[] = {
      cmocka_unit_test(curl_with_the_right_pin_is_served),
      cmocka_unit_test(curl_with_another_pin_turns_away),
      cmocka_unit_test(the_service_is_reached_without_a_request_by_its_pin_alone),
      cmocka_unit_test(a_whole_join_passes),
      cmocka_unit_test(statuses_and_headers_reach_the_machine),
      cmocka_unit_test(plain_http_is_refused),
      cmocka_unit_test(tls_older_than_1_2_is_refused),
      cmocka_unit_test(oversize_bodies_are_refused),
      cmocka_unit_test(endless_headers_are_cut),
      cmocka_unit_test(silent_clients_are_dropped),
      cmocka_unit_test(dribbling_clients_are_dropped),
      cmocka_unit_test(a_peer_holds_so_many_connections_and_no_more),
      cmocka_unit_test(archives_arrive_whole),
      cmocka_unit_test(stalled_downloads_are_dropped_and_leave_their_places),
      cmocka_unit_test(ending_the_service_does_not_wait_for_slow_clients),
      cmocka_unit_test(a_port_in_use_is_an_error),
      cmocka_unit_test(bad_listen_texts_are_refused),
      cmocka_unit_test(bad_deliveries_are_refused),
      cmocka_unit_test(bootstrap_script_has_all_its_parts),
  };
  return cmocka_run_group_tests_name("broker.join_service", tests, nullptr, nullptr);
}
