// SPDX-License-Identifier: GPL-2.0-or-later
//
// On cpp-httplib, with public parts of its interface only. What it does not bound by itself (time
// and bytes of a whole connection, connections per peer, accepted sockets) is bounded from
// OpenSSL's side, where each connection passes when its handshake begins.
#include "broker/tls_server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "broker/connection_guard.h"
#include "broker/listen_address.h"
#include "lib/log.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr int kBacklog = 512;

// An IPv4 client of an IPv6 socket is known by its IPv4 address, as its cloud knows it.
std::string plain_address(const std::string& address) {
  static constexpr std::string_view kMapped = "::ffff:";
  return address.starts_with(kMapped) ? address.substr(kMapped.size()) : address;
}

std::string peer_of(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return "unknown";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* address =
      storage.ss_family == AF_INET6
          ? static_cast<void*>(&reinterpret_cast<sockaddr_in6&>(storage).sin6_addr)
          : &reinterpret_cast<sockaddr_in&>(storage).sin_addr;
  inet_ntop(storage.ss_family, address, text.data(), text.size());
  return plain_address(text.data());
}

// --- Connections under guard -------------------------------------------------

struct Watch {
  ConnectionGuard& guard;
  std::size_t bytes;
};

struct WatchedConnection {
  ConnectionGuard& guard;
  int socket;
};

// Called by OpenSSL when a connection of ours is freed; httplib closes the socket after that, so
// the guard never shuts down a stranger's socket that got the same number.
// NOLINTNEXTLINE(readability-function-size): OpenSSL's signature
void forget_connection(void*, void* data, CRYPTO_EX_DATA*, int, long, void*) {
  const std::unique_ptr<WatchedConnection> connection(static_cast<WatchedConnection*>(data));
  if (connection) connection->guard.release(connection->socket);
}

int connection_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, forget_connection);
  return index;
}

// Ends a connection that has sent more than any request may have.
// NOLINTNEXTLINE(readability-function-size): OpenSSL's signature
long count_bytes(
    BIO* bio, int operation, const char*, std::size_t, int, long, int result, std::size_t*) {
  if (operation != BIO_CB_READ) return result;
  const auto* limit = reinterpret_cast<const std::size_t*>(BIO_get_callback_arg(bio));
  if (BIO_number_read(bio) <= *limit) return result;
  BIO_clear_retry_flags(bio);
  return -1;
}

void begin_connection(const SSL* ssl, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_START) == 0) return;
  SSL* connection = const_cast<SSL*>(ssl);  // NOLINT: OpenSSL's callback gives no other
  const int socket = SSL_get_fd(ssl);
  if (socket < 0 || SSL_get_ex_data(ssl, connection_index()) != nullptr) return;
  auto* watch = static_cast<Watch*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (!watch->guard.admit(socket, peer_of(socket))) return;
  SSL_set_ex_data(connection, connection_index(), new WatchedConnection{watch->guard, socket});
  BIO* bio = SSL_get_rbio(connection);
  BIO_set_callback_arg(bio, reinterpret_cast<char*>(&watch->bytes));
  BIO_set_callback_ex(bio, count_bytes);
}

bool set_up_tls(SSL_CTX& context, const std::string& pem_file, Watch& watch) {
  SSL_CTX_set_options(&context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(&context, 0);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_app_data(&context, &watch);
  SSL_CTX_set_info_callback(&context, begin_connection);
  return SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_use_certificate_chain_file(&context, pem_file.c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(&context, pem_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
         SSL_CTX_check_private_key(&context) == 1;
}

// --- Workers -----------------------------------------------------------------

// A pool whose queue has an end: when it is full, accepting waits, and callers queue in the kernel
// instead of in this program's descriptors.
class BoundedPool final : public httplib::TaskQueue {
 public:
  using Task = std::function<void()>;
  // void up to cpp-httplib 0.14, bool later.
  using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::declval<Task>()));

  BoundedPool(int workers, std::size_t limit) : limit_(limit) {
    for (int i = 0; i < workers; ++i)
      workers_.emplace_back([this] { work(); });
  }

  Enqueued enqueue(Task task) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return tasks_.size() < limit_ || stopping_; });
    tasks_.push_back(std::move(task));
    changed_.notify_all();
    return static_cast<Enqueued>(true);
  }

  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& worker : workers_)
      worker.join();
  }

 private:
  void work() {
    while (auto task = next())
      (*task)();
  }

  std::optional<Task> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !tasks_.empty() || stopping_; });
    if (tasks_.empty()) return {};
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    changed_.notify_all();
    return task;
  }

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

// --- The service -------------------------------------------------------------

JoinRequest read_request(const httplib::Request& request) {
  JoinRequest read{
      request.method, request.path, plain_address(request.remote_addr), {}, request.body};
  for (const auto& [name, value] : request.headers)
    read.headers.emplace_back(to_lower(name), value);
  return read;
}

void write_answer(const JoinAnswer& answer, httplib::Response& response) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers)
    response.set_header(name, value);
  if (!answer.content_type.empty()) response.set_content(answer.body, answer.content_type);
}

class TlsServer final : public JoinService {
 public:
  TlsServer(const std::string& pem_file,
            const TlsServerLimits& limits,
            std::unique_ptr<JoinEndpoints> endpoints)
      : endpoints_(std::move(endpoints)),
        guard_(limits.per_peer, limits.connection),
        watch_{guard_, limits.bytes},
        server_([&](SSL_CTX& context) { return set_up_tls(context, pem_file, watch_); }) {
    if (server_.is_valid()) configure(limits);
  }

  ~TlsServer() override {
    guard_.close_all();  // or slow clients would keep stop() waiting
    server_.stop();
    if (listener_.joinable()) listener_.join();
  }

  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] int port() const override { return port_; }

  Status start(const ListenAddress& endpoint) {
    if (!server_.is_valid())
      return Error{ErrorCode::kIo, "join: the key and certificate cannot be used", {}};
    if (endpoint.port == 0) {
      port_ = server_.bind_to_any_port(endpoint.host);
    } else if (server_.bind_to_port(endpoint.host, endpoint.port)) {
      port_ = endpoint.port;
    }
    if (port_ <= 0) {
      return Error{ErrorCode::kIo,
                   "join: cannot listen on " + endpoint.host + " port " +
                       std::to_string(endpoint.port) + ": in use, or no address of this host",
                   {}};
    }
    // cpp-httplib's own is 5: a gang that calls at once would wait for lost connection requests.
    if (::listen(listening_socket_, kBacklog) != 0)
      return Error{ErrorCode::kIo, "join: cannot listen: " + endpoint.host, {}};
    listener_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() has no effect before the listener runs.
    while (!server_.is_running())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  }

 private:
  void configure(const TlsServerLimits& limits) {
    server_.new_task_queue = [limits] { return new BoundedPool(limits.workers, limits.queue); };
    server_.set_keep_alive_max_count(1);
    server_.set_read_timeout(limits.silence);
    server_.set_write_timeout(limits.silence);
    server_.set_payload_max_length(JoinEndpoints::kBodyLimit);
    server_.set_tcp_nodelay(true);
    // Not httplib's own SO_REUSEPORT: with it a second broker would share the port unnoticed.
    server_.set_socket_options([this](int socket) {
      listening_socket_ = socket;
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    server_.set_pre_routing_handler(
        [this](const httplib::Request& request, httplib::Response& response) {
          const auto refusal = endpoints_->refuse_unread(read_request(request));
          if (!refusal) return httplib::Server::HandlerResponse::Unhandled;
          write_answer(*refusal, response);
          return httplib::Server::HandlerResponse::Handled;
        });
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      write_answer(endpoints_->answer(read_request(request)), response);
    };
    server_.Get("/.*", answer);
    server_.Post("/.*", answer);
    server_.set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          log_error("join: a request could not be answered");
          response.status = 500;
        });
  }

  std::unique_ptr<JoinEndpoints> endpoints_;
  ConnectionGuard guard_;
  Watch watch_;
  httplib::SSLServer server_;
  std::thread listener_;
  int listening_socket_ = -1;
  int port_ = 0;
};

}  // namespace

Result<std::unique_ptr<JoinService>> start_tls_server(const std::string& listen,
                                                      const std::string& pem_file,
                                                      const TlsServerLimits& limits,
                                                      std::unique_ptr<JoinEndpoints> endpoints) {
  const auto endpoint = parse_listen_address(listen, "join");
  if (!endpoint) return endpoint.error();
  auto server = std::make_unique<TlsServer>(pem_file, limits, std::move(endpoints));
  if (const auto started = server->start(*endpoint); !started) return started.error();
  return std::unique_ptr<JoinService>(std::move(server));
}

}  // namespace spillway
