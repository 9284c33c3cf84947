// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <utility>

#include "sim/http/machine_host.h"
#include "sim/http/machine_image.h"
#include "sim/http/supervised.h"

namespace spillway {
namespace {

class IdleMachines final : public MachineHost {
 public:
  [[nodiscard]] Status boot(const SimMachine&) override { return {}; }
  void stop(const std::string&) override {}
  void stop_all() override {}
};

class ProcessMachines final : public MachineHost {
 public:
  ProcessMachines(std::string folder, std::string program, std::optional<int> node_gpus)
      : folder_(std::move(folder)), running_(std::move(program)), node_gpus_(node_gpus) {}

  [[nodiscard]] Status boot(const SimMachine& machine) override;
  void stop(const std::string& id) override { running_.stop(id); }
  void stop_all() override { running_.stop_all(); }

 private:
  std::string folder_;
  Supervised running_;
  std::optional<int> node_gpus_;
};

Status ProcessMachines::boot(const SimMachine& machine) {
  const std::string folder = folder_ + "/machines/" + machine.id;
  const std::string root = folder + "/root";
  if (auto written = write_machine_image(folder, "root", machine, node_gpus_); !written)
    return written;
  Command command;
  command.folder = root;
  command.environment = {"SPILLWAY_ROOT=" + root,
                         "SPILLWAY_ADDRESS=" + machine.address,
                         "HOME=" + root,
                         "PATH=" + root + "/usr/local/bin:/usr/local/sbin:/usr/local/bin:" +
                             "/usr/sbin:/usr/bin:/sbin:/bin",
                         "LANG=C.UTF-8"};
  const std::string script = root + kUserDataScript;
  if (access(script.c_str(), X_OK) == 0) command.words = {script};
  return running_.start(machine.id, command, folder + "/log");
}

}  // namespace

std::unique_ptr<MachineHost> make_idle_machines() {
  return std::make_unique<IdleMachines>();
}

std::unique_ptr<MachineHost> make_process_machines(std::string folder,
                                                   std::string program,
                                                   std::optional<int> node_gpus) {
  return std::make_unique<ProcessMachines>(std::move(folder), std::move(program), node_gpus);
}

}  // namespace spillway
