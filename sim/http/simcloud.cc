// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/simcloud.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

#include "lib/file.h"
#include "lib/log.h"
#include "lib/text.h"
#include "lib/time.h"
#include "sim/http/machine_host.h"
#include "sim/http/scenario.h"
#include "sim/http/server.h"
#include "sim/http/world.h"

namespace spillway {
namespace {

constexpr long kTickNanoseconds = 20'000'000;

struct Endpoint {
  std::string address;
  int port = 0;
};

// Loopback alone: whoever reaches the simulator can make it run programs.
Result<Endpoint> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == std::string::npos
                        ? std::nullopt
                        : parse_whole_number(std::string_view(text).substr(colon + 1), 65'535);
  if (!port || text.rfind("127.", 0) != 0)
    return Error{ErrorCode::kInvalid, "--listen " + text + ": must be 127.x.y.z:port", {}};
  return Endpoint{text.substr(0, colon), static_cast<int>(*port)};
}

sigset_t block_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigset_t blocked = ends;
  sigaddset(&blocked, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  return ends;
}

Result<Scenario> read_scenario(const std::string& file) {
  const auto text = read_file(file);
  if (!text) return text.error();
  return parse_scenario(*text, file);
}

Result<std::string> own_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return file_error("/proc/self/exe", error.value());
  return path.string();
}

Result<std::unique_ptr<MachineHost>> make_host(const Scenario& scenario,
                                               const std::string& folder,
                                               const std::string& program) {
  switch (scenario.backend) {
    case MachineBackend::kNone:
      break;
    case MachineBackend::kProcess:
      return make_process_machines(folder, program, scenario.node_gpus);
    case MachineBackend::kNamespace:
      return make_namespace_machines(folder, program, scenario);
  }
  return make_idle_machines();
}

void follow(const SimChange& change, MachineHost& host) {
  const SimMachine& machine = change.machine;
  if (change.kind == SimChangeKind::kStopped) {
    host.stop(machine.id);
    log_info("simcloud: stopped machine=" + machine.id + " name=" + machine.order.name);
    return;
  }
  const Status booted = host.boot(machine);
  if (!booted) log_error("simcloud: boot machine=" + machine.id + ": " + booted.error().message);
  log_info("simcloud: booted machine=" + machine.id + " name=" + machine.order.name +
           " address=" + machine.address);
}

// Until one of `ends` comes. The thread that calls is the one that the machines hang on.
void run_machines(SimWorld& world, MachineHost& host, const sigset_t& ends) {
  const timespec tick{0, kTickNanoseconds};
  while (sigtimedwait(&ends, nullptr, &tick) < 0) {
    for (const SimChange& change : world.advance())
      follow(change, host);
  }
}

Status tell_ready(const std::string& file, const std::string& url) {
  log_info("simcloud: serving url=" + url);
  if (file.empty()) return {};
  return write_file_atomically(file, Json::object().set("url", url).dump() + "\n");
}

}  // namespace

Status run_simcloud(const SimcloudOptions& options) {
  const auto endpoint = parse_listen(options.listen);
  if (!endpoint) return endpoint.error();
  auto scenario = read_scenario(options.scenario_file);
  if (!scenario) return scenario.error();
  const auto program = own_program();
  if (!program) return program.error();
  std::error_code error;
  const auto folder = std::filesystem::absolute(options.folder, error).lexically_normal().string();
  if (auto made = make_folder(folder); !made) return made;

  // Simulators that run at the same time do not share addresses.
  for (CloudScenario& account : scenario->clouds)
    account.cloud.first_address = static_cast<std::uint32_t>(getpid()) * 97U;
  const sigset_t ends = block_signals();
  const SystemClock clock;
  SimWorld world(*scenario, clock);
  const auto host = make_host(*scenario, folder, *program);
  if (!host) return host.error();
  auto server = HttpServer::start(world, endpoint->address, endpoint->port);
  if (!server) return server.error();
  const std::string url = "http://" + endpoint->address + ":" + std::to_string((*server)->port());
  if (auto told = tell_ready(options.ready_file, url); !told) return told;
  run_machines(world, **host, ends);
  (*host)->stop_all();
  return {};
}

}  // namespace spillway
