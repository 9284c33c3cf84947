// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/tls_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "broker/answer_pool.h"
#include "broker/connection_limit.h"
#include "broker/group_count.h"
#include "broker/listening_socket.h"
#include "broker/peer.h"
#include "lib/file.h"
#include "lib/log.h"

namespace spillway {
namespace {

using Step = TlsConnection::Step;
using std::chrono::milliseconds;

// What epoll tells of; connections have the numbers from kFirst on, in the order of their coming.
constexpr std::uint64_t kListener = 0;
constexpr std::uint64_t kBell = 1;
constexpr std::uint64_t kFirst = 2;

constexpr milliseconds kLookEvery{100};  // for connections that are over their time
constexpr int kAcceptedAtOnce = 256;     // then those that are there have their turn

std::size_t connections_for(std::size_t wanted) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return wanted;
  return std::min<std::size_t>(wanted, std::max<rlim_t>(files.rlim_cur / 2, 1));
}

class TlsServer final : public JoinService {
 public:
  TlsServer(TlsContext context,
            const TlsServerLimits& limits,
            std::unique_ptr<JoinEndpoints> endpoints)
      : endpoints_(std::move(endpoints)),
        context_(std::move(context)),
        limits_(limits),
        most_connections_(connections_for(limits.connections)),
        peers_(limits.per_peer, limits.per_peer_a_second),
        networks_(limits.per_network, limits.per_network_a_second) {}

  ~TlsServer() override {
    is_stopping_ = true;
    ring();
    if (loop_.joinable()) loop_.join();
    pool_.reset();
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] int port() const override { return listener_.port; }

  Status start(ListeningSocket listener);

 private:
  struct Connection {
    TlsConnection tls;
    std::string group;
    std::string network;
    std::uint32_t watched = 0;
  };
  using Answer = std::variant<JoinAnswer, std::string>;  // a string: a part of a download
  using Connections = std::map<std::uint64_t, Connection>;

  void ring() { (void)eventfd_write(bell_.number(), 1); }
  bool watch(int operation, int descriptor, std::uint32_t events, std::uint64_t number);

  void serve();
  void handle(std::uint64_t number);
  void accept_some();
  // False when none is left to be accepted.
  bool accept_one();
  void welcome(Descriptor socket, const std::string& address);
  void pause_accepting();
  // Why the peer may not begin another connection; nullptr when it may.
  const char* find_refusal(const std::string& address);
  // Ends the oldest of these that may be ended; false when there is none.
  bool make_room(const std::function<bool(const Connection&)>& is_one = [](const auto&) {
    return true;
  });
  void take_answers();
  // Does what the connection's step asks for.
  void follow(Connections::iterator connection, Step step);
  void ask(Connections::iterator connection);
  void read_part(Connections::iterator connection);
  // From any thread.
  void bring(std::uint64_t connection, Answer answer);
  void watch_for(Connections::iterator connection, std::uint32_t events);
  void end(Connections::iterator connection);
  void look_for_overdue();
  void end_slow_download(TlsConnection::Time now);

  const std::unique_ptr<JoinEndpoints> endpoints_;
  const TlsContext context_;
  const TlsServerLimits limits_;
  const std::size_t most_connections_;
  ListeningSocket listener_;
  Descriptor epoll_;
  Descriptor bell_;
  std::atomic<bool> is_stopping_ = false;

  // The loop's own.
  ConnectionLimit peers_;
  ConnectionLimit networks_;
  GroupCount questions_;
  Connections connections_;
  std::uint64_t next_ = kFirst;
  bool accepts_ = true;
  TlsConnection::Time looked_at_{};
  TlsConnection::Time slow_ended_at_{};

  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, Answer>> answers_;
  std::unique_ptr<AnswerPool> pool_;
  std::thread loop_;
};

Status TlsServer::start(ListeningSocket listener) {
  listener_ = std::move(listener);
  epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  bell_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_.is_open() || !bell_.is_open() ||
      !watch(EPOLL_CTL_ADD, bell_.number(), EPOLLIN, kBell) ||
      !watch(EPOLL_CTL_ADD, listener_.socket.number(), EPOLLIN, kListener)) {
    return file_error("join: epoll", errno);
  }
  auto pool = AnswerPool::start(limits_.workers);
  if (!pool) return pool.error();
  pool_ = *std::move(pool);
  try {
    loop_ = std::thread([this] { serve(); });
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kIo, std::string("join: a thread: ") + error.what(), {}};
  }
  return {};
}

bool TlsServer::watch(int operation, int descriptor, std::uint32_t events, std::uint64_t number) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = number;
  return ::epoll_ctl(epoll_.number(), operation, descriptor, &event) == 0;
}

void TlsServer::serve() {
  sigset_t signals;  // OpenSSL writes with write(2): to a client that has left, too
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::array<epoll_event, 256> events{};
  while (!is_stopping_) {
    const bool has_nothing_to_look_for = connections_.empty() && accepts_;
    const int timeout = has_nothing_to_look_for ? -1 : static_cast<int>(kLookEvery.count());
    const int count =
        ::epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < count; ++i)
      handle(events[static_cast<std::size_t>(i)].data.u64);
    look_for_overdue();
  }
}

void TlsServer::handle(std::uint64_t number) {
  if (number == kListener) return accept_some();
  if (number == kBell) return take_answers();
  const auto connection = connections_.find(number);
  // One that waits for its answer is not watched; what epoll told before that is no news.
  if (connection == connections_.end() || connection->second.watched == 0) return;
  follow(connection, connection->second.tls.proceed());
}

void TlsServer::accept_some() {
  for (int i = 0; i < kAcceptedAtOnce && accept_one(); ++i) {
  }
}

bool TlsServer::accept_one() {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  Descriptor socket(::accept4(listener_.socket.number(),
                              reinterpret_cast<sockaddr*>(&peer),
                              &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.is_open()) {
    welcome(std::move(socket), peer_address(peer));
    return true;
  }
  if (errno == EAGAIN) return false;
  const bool is_out_of_means =
      errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
  if (!is_out_of_means) return true;  // that connection alone, accept(2) says
  pause_accepting();
  return false;
}

// Until the next look: the callers wait in the kernel.
void TlsServer::pause_accepting() {
  log_error("join: no descriptor or memory for another connection");
  (void)make_room();
  accepts_ = !watch(EPOLL_CTL_MOD, listener_.socket.number(), 0, kListener);
}

void TlsServer::welcome(Descriptor socket, const std::string& address) {
  if (const char* why = find_refusal(address)) {
    // Ends by a reset, which leaves nothing behind here.
    const linger at_once{1, 0};
    ::setsockopt(socket.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return endpoints_->note_refusal(address, why);
  }
  const auto group = peer_group(address);
  const auto network = peer_network(address);
  peers_.begin(group);
  networks_.begin(network);
  const int on = 1;
  ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  TlsConnection tls(*context_, std::move(socket), address, limits_.connection, *endpoints_);
  const auto connection =
      connections_.emplace(next_++, Connection{std::move(tls), group, network}).first;
  follow(connection, connection->second.tls.proceed());
}

const char* TlsServer::find_refusal(const std::string& address) {
  const auto group = peer_group(address);
  const auto network = peer_network(address);
  const auto now = std::chrono::steady_clock::now();
  if (peers_.is_too_fast(group, now) || networks_.is_too_fast(network, now))
    return "too many connections a second";
  // Others may come from the same address, from behind a NAT.
  const bool group_is_full = peers_.is_full(group);
  if (group_is_full || networks_.is_full(network)) {
    const auto is_its_own = [&](const Connection& each) {
      return group_is_full ? each.group == group : each.network == network;
    };
    if (!make_room(is_its_own)) return "too many connections at once";
    endpoints_->note_refusal(address, "too many connections at once: its oldest was ended");
  }
  const bool has_room = connections_.size() < most_connections_ || make_room();
  return has_room ? nullptr : "too many connections of all peers";
}

bool TlsServer::make_room(const std::function<bool(const Connection&)>& is_one) {
  const auto oldest =
      std::find_if(connections_.begin(), connections_.end(), [&](const auto& entry) {
        return entry.second.tls.may_make_room() && is_one(entry.second);
      });
  if (oldest == connections_.end()) return false;
  end(oldest);
  return true;
}

void TlsServer::take_answers() {
  eventfd_t count = 0;
  (void)eventfd_read(bell_.number(), &count);
  std::vector<std::pair<std::uint64_t, Answer>> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  for (auto& [number, answer] : answers) {
    const auto connection = connections_.find(number);
    if (connection == connections_.end()) continue;
    auto& tls = connection->second.tls;
    if (auto* part = std::get_if<std::string>(&answer)) {
      follow(connection, tls.proceed_with_part(std::move(*part)));
    } else {
      questions_.remove(connection->second.group);
      follow(connection, tls.proceed_with(std::get<JoinAnswer>(std::move(answer))));
    }
  }
}

void TlsServer::follow(Connections::iterator connection, Step step) {
  switch (step) {
    case Step::kRead:
      return watch_for(connection, EPOLLIN);
    case Step::kWrite:
      return watch_for(connection, EPOLLOUT);
    case Step::kAnswer:
      return ask(connection);
    case Step::kPart:
      return read_part(connection);
    case Step::kEnd:
      return end(connection);
  }
}

void TlsServer::ask(Connections::iterator connection) {
  auto& [tls, group, network, watched] = connection->second;
  if (questions_.of(group) >= limits_.questions_per_peer)
    return follow(connection, tls.proceed_with(JoinEndpoints::put_off()));
  watch_for(connection, 0);
  questions_.add(group);
  pool_->post([this, number = connection->first, request = tls.take_request()] {
    bring(number, endpoints_->answer(request));
  });
}

void TlsServer::read_part(Connections::iterator connection) {
  watch_for(connection, 0);
  pool_->post([this, number = connection->first, read = connection->second.tls.take_reading()] {
    bring(number, read());
  });
}

void TlsServer::bring(std::uint64_t connection, Answer answer) {
  const std::lock_guard lock(mutex_);
  answers_.emplace_back(connection, std::move(answer));
  ring();
}

// Nothing is no mask: epoll would still tell, again and again, that the other side has gone.
void TlsServer::watch_for(Connections::iterator connection, std::uint32_t events) {
  auto& watched = connection->second.watched;
  if (watched == events) return;
  const int operation = watched == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  watched = events;
  if (!watch(operation, connection->second.tls.socket(), events, connection->first))
    log_error("join: epoll: " + file_error("connection", errno).message);
}

void TlsServer::end(Connections::iterator connection) {
  peers_.release(connection->second.group);
  networks_.release(connection->second.network);
  connections_.erase(connection);
}

void TlsServer::look_for_overdue() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < kLookEvery) return;
  looked_at_ = now;
  for (auto next = connections_.begin(); next != connections_.end();) {
    const auto connection = next++;
    if (connection->second.tls.deadline() > now) continue;
    connection->second.tls.note_overdue();
    end(connection);
  }
  end_slow_download(now);
  if (!accepts_) accepts_ = watch(EPOLL_CTL_MOD, listener_.socket.number(), EPOLLIN, kListener);
}

void TlsServer::end_slow_download(TlsConnection::Time now) {
  if (now - slow_ended_at_ < limits_.slow_after || !endpoints_->lacks_downloads()) return;
  auto slowest = connections_.end();
  auto least = limits_.least_bytes_a_second;
  for (auto each = connections_.begin(); each != connections_.end(); ++each) {
    const auto rate = each->second.tls.download_rate(now, limits_.slow_after);
    if (!rate || *rate >= least) continue;
    slowest = each;
    least = *rate;
  }
  if (slowest == connections_.end()) return;
  slow_ended_at_ = now;
  slowest->second.tls.note_slow();
  end(slowest);
}

}  // namespace

Result<std::unique_ptr<JoinService>> start_tls_server(const std::string& listen,
                                                      const std::string& pem_file,
                                                      const TlsServerLimits& limits,
                                                      std::unique_ptr<JoinEndpoints> endpoints) {
  const auto endpoint = parse_listen_address(listen, "join");
  if (!endpoint) return endpoint.error();
  auto context = make_tls_context(pem_file);
  if (!context) return context.error();
  auto listener = listen_on(*endpoint, "join");
  if (!listener) return listener.error();
  auto server = std::make_unique<TlsServer>(*std::move(context), limits, std::move(endpoints));
  if (const auto started = server->start(*std::move(listener)); !started) return started.error();
  return std::unique_ptr<JoinService>(std::move(server));
}

}  // namespace spillway
