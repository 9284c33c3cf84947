// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/metrics_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "broker/listen_address.h"

namespace spillway {
namespace {

constexpr int kWorkers = 2;
constexpr std::chrono::seconds kSilence{5};
constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

class HttpMetricsServer final : public MetricsServer {
 public:
  HttpMetricsServer() {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kWorkers); };
    server_.set_keep_alive_max_count(1);  // so that stopping waits for nobody
    server_.set_read_timeout(kSilence);
    server_.set_write_timeout(kSilence);
    server_.set_payload_max_length(1);
    // Not httplib's own SO_REUSEPORT: with it a second broker would share the port unnoticed.
    server_.set_socket_options([](int socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      response.set_content(page_, kContentType);
    });
  }
  ~HttpMetricsServer() override {
    server_.stop();
    if (listener_.joinable()) listener_.join();
  }
  HttpMetricsServer(const HttpMetricsServer&) = delete;
  HttpMetricsServer& operator=(const HttpMetricsServer&) = delete;

  Status start(const ListenAddress& address) {
    if (address.port == 0) {
      port_ = server_.bind_to_any_port(address.host);
    } else if (server_.bind_to_port(address.host, address.port)) {
      port_ = address.port;
    }
    if (port_ <= 0) {
      return Error{ErrorCode::kIo,
                   "metrics: cannot listen on " + address.host + " port " +
                       std::to_string(address.port) + ": in use, or no address of this host",
                   {}};
    }
    listener_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() has no effect before the listener runs.
    while (!server_.is_running())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  }

  void show(std::string page) override {
    const std::lock_guard lock(mutex_);
    page_ = std::move(page);
  }
  [[nodiscard]] int port() const override { return port_; }

 private:
  std::mutex mutex_;
  std::string page_;
  httplib::Server server_;
  std::thread listener_;
  int port_ = 0;
};

}  // namespace

Result<std::unique_ptr<MetricsServer>> start_metrics_server(const std::string& listen) {
  const auto address = parse_listen_address(listen, "metrics");
  if (!address) return address.error();
  auto server = std::make_unique<HttpMetricsServer>();
  if (const auto started = server->start(*address); !started) return started.error();
  return std::unique_ptr<MetricsServer>(std::move(server));
}

}  // namespace spillway
