// SPDX-License-Identifier: GPL-2.0-or-later
//
// The only place that knows cpp-httplib.
#include "sim/http/server.h"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "lib/text.h"
#include "sim/http/connections.h"

namespace spillway {
namespace {

// Held connections (time-out faults) occupy a thread each.
constexpr std::size_t kThreads = 64;
constexpr std::size_t kBodyLimit = 8U << 20U;
constexpr std::chrono::seconds kLongestHold{120};
constexpr std::chrono::milliseconds kLookAgain{20};

ApiRequest request_of(const httplib::Request& from) {
  ApiRequest request;
  request.method = from.method;
  request.path = from.path;
  for (const auto& [name, value] : from.params)
    request.query[name] = value;
  request.target = from.target;
  for (const auto& [name, value] : from.headers)
    request.headers.emplace(to_lower(name), value);
  request.body = from.body;
  return request;
}

// Tells the length of the whole body, sends half of it, and lets the connection end.
void send_half(const ApiAnswer& answer, httplib::Response& to) {
  to.set_header("Connection", "close");
  to.set_content_provider(answer.body.size(),
                          answer.content_type,
                          [body = answer.body](std::size_t, std::size_t, httplib::DataSink& sink) {
                            sink.write(body.data(), body.size() / 2);
                            return false;
                          });
}

class HttplibServer final : public HttpServer {
 public:
  explicit HttplibServer(SimWorld& world) : world_(world) {
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      serve(request, response);
    };
    server_.Get(".*", handler);
    server_.Post(".*", handler);
    server_.Put(".*", handler);
    server_.Patch(".*", handler);
    server_.Delete(".*", handler);
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_payload_max_length(kBodyLimit);
    server_.set_tcp_nodelay(true);
  }

  ~HttplibServer() override {
    stopping_ = true;
    server_.stop();
    shut_connections(port_);
    if (thread_.joinable()) thread_.join();
  }
  HttplibServer(const HttplibServer&) = delete;
  HttplibServer& operator=(const HttplibServer&) = delete;

  [[nodiscard]] int port() const override { return port_; }

  // False when the address cannot be had.
  [[nodiscard]] bool listen(const std::string& address, int port) {
    port_ = port;
    const bool bound = port == 0 ? (port_ = server_.bind_to_any_port(address)) > 0
                                 : server_.bind_to_port(address, port);
    if (!bound) return false;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    return true;
  }

 private:
  void serve(const httplib::Request& request, httplib::Response& response) {
    const Served served = world_.serve(request_of(request));
    response.status = served.answer.status;
    for (const auto& [name, value] : served.answer.headers)
      response.set_header(name, value);
    switch (served.delivery) {
      case Delivery::kWhole:
        response.set_content(served.answer.body, served.answer.content_type);
        return;
      case Delivery::kCut:
        send_half(served.answer, response);
        return;
      case Delivery::kNever:
        hold(request.remote_port);
        response.status = 504;
        response.set_header("Connection", "close");
        return;
    }
  }

  void hold(int peer_port) const {
    const int connection = find_connection(peer_port);
    const auto end = std::chrono::steady_clock::now() + kLongestHold;
    while (!stopping_ && !has_peer_left(connection) && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(kLookAgain);
  }

  SimWorld& world_;
  httplib::Server server_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  int port_ = 0;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(SimWorld& world,
                                                      const std::string& address,
                                                      int port) {
  auto server = std::make_unique<HttplibServer>(world);
  if (!server->listen(address, port))
    return Error{ErrorCode::kIo, "listen at " + address + ":" + std::to_string(port), {}};
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace spillway
