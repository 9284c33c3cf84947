// SPDX-License-Identifier: GPL-2.0-or-later
//
// Machines with namespaces of their own, behind a router for each provider. What has to be done to
// networks and mounts is in namespaces.sh, which is built in.
#include <unistd.h>

#include <map>
#include <utility>

#include "lib/file.h"
#include "lib/process.h"
#include "sim/http/machine_host.h"
#include "sim/http/machine_image.h"
#include "sim/http/namespaces_script.h"
#include "sim/http/network_namespace.h"
#include "sim/http/supervised.h"

namespace spillway {
namespace {

constexpr std::chrono::seconds kPatience{60};

// "100.77" of "100.77.0.100": the network of a provider's public addresses.
std::string network_of(const std::string& address) {
  return address.substr(0, address.find('.', address.find('.') + 1));
}

// The name under which the cloud knows the machine, as far as it can be a host's.
std::string host_name(const SimMachine& machine) {
  std::string name;
  for (const char letter : machine.order.name) {
    const bool fits = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                      (letter >= '0' && letter <= '9');
    name += fits ? letter : '-';
  }
  name = name.substr(0, 63);
  return name.find_first_not_of('-') == std::string::npos ? "machine-" + machine.id.substr(0, 32)
                                                          : name;
}

class NamespaceMachines final : public MachineHost {
 public:
  NamespaceMachines(std::string folder, std::string program, const Scenario& scenario)
      : folder_(std::move(folder)),
        running_(std::move(program)),
        node_gpus_(scenario.node_gpus),
        shared_folder_(scenario.shared_folder) {}

  [[nodiscard]] Status open(const std::vector<CloudScenario>& clouds);

  [[nodiscard]] Status boot(const SimMachine& machine) override;
  void stop(const std::string& id) override;
  void stop_all() override { running_.stop_all(); }

 private:
  [[nodiscard]] std::string script() const { return folder_ + "/namespaces.sh"; }
  [[nodiscard]] Status run_script(std::vector<std::string> words) const;
  [[nodiscard]] Status add_router(const std::string& network);

  std::string folder_;
  std::map<std::string, NetworkNamespace> routers_;  // by network
  Supervised running_;
  std::optional<int> node_gpus_;
  std::string shared_folder_;
};

Status NamespaceMachines::run_script(std::vector<std::string> words) const {
  words.insert(words.begin(), {"/bin/sh", script()});
  const auto done = run_program(words, kPatience);
  if (!done) return done.error();
  return {};
}

Status NamespaceMachines::open(const std::vector<CloudScenario>& clouds) {
  if (auto written = write_file_atomically(script(), namespaces_script()); !written) return written;
  if (auto able = run_script({"check"}); !able) return able;
  for (const CloudScenario& account : clouds) {
    auto added = add_router("100." + std::to_string(account.cloud.network));
    if (!added) return added;
  }
  return {};
}

Status NamespaceMachines::add_router(const std::string& network) {
  auto made = NetworkNamespace::make();
  if (!made) return made.error();
  const std::string path = made->path();
  routers_.emplace(network, *std::move(made));
  if (auto joined = run_script({"router", path, network}); !joined)
    return Error{ErrorCode::kIo, "router of " + network + ": " + joined.error().message, {}};
  return {};
}

Status NamespaceMachines::boot(const SimMachine& machine) {
  const auto router = routers_.find(network_of(machine.address));
  if (router == routers_.end())
    return Error{ErrorCode::kInvalid, "its cloud's network has no address left", {}};
  const std::string folder = folder_ + "/machines/" + machine.id;
  if (auto written = write_machine_image(folder, "image", machine, node_gpus_); !written)
    return written;
  Command command;
  command.folder = "/";
  command.words = {"/usr/bin/unshare",
                   "--net",
                   "/bin/sh",
                   script(),
                   "machine",
                   router->second.path(),
                   machine.private_address,
                   std::to_string(machine.storage_gib),
                   host_name(machine),
                   folder,
                   folder_,
                   shared_folder_};
  return running_.start(machine.id, command, folder + "/log");
}

void NamespaceMachines::stop(const std::string& id) {
  running_.stop(id);
  // Its first process has ended, and the number may come again.
  (void)unlink((folder_ + "/machines/" + id + "/init").c_str());
}

}  // namespace

Result<std::unique_ptr<MachineHost>> make_namespace_machines(std::string folder,
                                                             std::string program,
                                                             const Scenario& scenario) {
  auto host = std::make_unique<NamespaceMachines>(std::move(folder), std::move(program), scenario);
  if (auto opened = host->open(scenario.clouds); !opened) return opened.error();
  return std::unique_ptr<MachineHost>(std::move(host));
}

}  // namespace spillway
