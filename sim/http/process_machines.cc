// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <string_view>
#include <utility>

#include "lib/descriptor.h"
#include "lib/file.h"
#include "lib/text.h"
#include "sim/http/machine_host.h"
#include "sim/http/supervisor.h"

namespace spillway {
namespace {

class IdleMachines final : public MachineHost {
 public:
  [[nodiscard]] Status boot(const SimMachine&) override { return {}; }
  void stop(const std::string&) override {}
  void stop_all() override {}
};

struct GpuModel {
  std::string_view word;  // in the type's name, or in what the cloud calls its GPU
  const char* line;       // as nvidia-smi says name and memory
};

// Source: NVIDIA's own output on such machines.
constexpr std::array<GpuModel, 5> kGpuModels{{
    {"h100", "NVIDIA H100 80GB HBM3, 81559 MiB"},
    {"gh200", "NVIDIA GH200 480GB, 97871 MiB"},
    {"b200", "NVIDIA B200, 183359 MiB"},
    {"a100", "NVIDIA A100-SXM4-40GB, 40960 MiB"},
    {"a10", "NVIDIA A10, 23028 MiB"},
}};

std::string gpu_line(const SimMachine& machine) {
  for (const std::string& text : {machine.order.type, machine.gpu_description}) {
    for (const GpuModel& model : kGpuModels) {
      if (to_lower(text).find(model.word) != std::string::npos) return model.line;
    }
  }
  return "NVIDIA GPU, 16384 MiB";
}

std::string nvidia_smi_script(int gpus, const std::string& line) {
  return "#!/bin/sh\n"
         "# Stands in for nvidia-smi on simulated hardware.\n"
         "if [ \"$*\" != \"--query-gpu=name,memory.total --format=csv,noheader\" ]; then\n"
         "  echo \"nvidia-smi: simulated: only --query-gpu=name,memory.total "
         "--format=csv,noheader is known\" >&2\n"
         "  exit 2\n"
         "fi\n"
         "i=0\n"
         "while [ \"$i\" -lt " +
         std::to_string(gpus) + " ]; do\n  echo \"" + line + "\"\n  i=$((i + 1))\ndone\n";
}

// What posix_spawn wants to be told, and has to be given back.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // Nothing of ours is inherited: standard input is empty, output goes to `log`, `control` becomes
  // the control pipe, all other descriptors are closed, no signal is blocked or ignored.
  void arrange(const std::string& log, int control) {
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(
        &actions_, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, S_IRUSR | S_IWUSR);
    posix_spawn_file_actions_adddup2(&actions_, 1, 2);
    posix_spawn_file_actions_adddup2(&actions_, control, kSupervisorControl);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kSupervisorControl + 1);
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes_, &set);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&attributes_, &set);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }

  [[nodiscard]] Result<pid_t> spawn(const std::string& program,
                                    std::array<std::string, 4> words) const {
    std::array<char*, 5> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i)
      arguments[i] = words[i].data();
    std::array<char*, 1> environment{};
    pid_t pid = 0;
    const int error = posix_spawn(
        &pid, program.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
    if (error != 0) return file_error(program, error);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

class ProcessMachines final : public MachineHost {
 public:
  ProcessMachines(std::string folder, std::string program, std::optional<int> node_gpus)
      : folder_(std::move(folder)), program_(std::move(program)), node_gpus_(node_gpus) {}
  ~ProcessMachines() override { stop_all(); }
  ProcessMachines(const ProcessMachines&) = delete;
  ProcessMachines& operator=(const ProcessMachines&) = delete;

  [[nodiscard]] Status boot(const SimMachine& machine) override;
  void stop(const std::string& id) override;
  void stop_all() override;

 private:
  struct Supervisor {
    pid_t pid = 0;
    Descriptor control;  // closing it ends the machine
  };

  [[nodiscard]] Status furnish(const std::string& folder, const SimMachine& machine) const;

  std::string folder_;
  std::string program_;
  std::optional<int> node_gpus_;
  std::map<std::string, Supervisor> supervisors_;
};

// Makes the machine's folder as a cloud's image would look on first boot.
Status ProcessMachines::furnish(const std::string& folder, const SimMachine& machine) const {
  const std::string root = folder + "/root";
  const std::string script = root + kUserDataScript;
  if (auto made = make_folder(folder, 0700); !made) return made;
  for (const std::string& each :
       {root + "/usr/bin", root + "/tmp", script.substr(0, script.rfind('/'))}) {
    if (auto made = make_folder(each); !made) return made;
  }
  const std::string& user_data = machine.order.user_data;
  if (auto kept = write_file_atomically(folder + "/user-data", user_data, 0600); !kept) return kept;
  // Only scripts run; cloud-config and the like are kept and not understood.
  if (user_data.rfind("#!", 0) == 0) {
    if (auto kept = write_file_atomically(script, user_data, 0700); !kept) return kept;
  }
  return write_file_atomically(
      root + "/usr/bin/nvidia-smi",
      nvidia_smi_script(node_gpus_.value_or(machine.gpus), gpu_line(machine)),
      0755);
}

Status ProcessMachines::boot(const SimMachine& machine) {
  const std::string folder = folder_ + "/machines/" + machine.id;
  if (auto furnished = furnish(folder, machine); !furnished) return furnished;
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return file_error("pipe", errno);
  const Descriptor theirs(pipe_ends[0]);
  Descriptor ours(pipe_ends[1]);
  SpawnPlan plan;
  plan.arrange(folder + "/log", theirs.number());
  const auto pid = plan.spawn(program_, {program_, "--supervise", folder, machine.address});
  if (!pid) return pid.error();
  supervisors_[machine.id] = {*pid, std::move(ours)};
  return {};
}

void ProcessMachines::stop(const std::string& id) {
  const auto found = supervisors_.find(id);
  if (found == supervisors_.end()) return;
  found->second.control.close();
  while (waitpid(found->second.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  supervisors_.erase(found);
}

void ProcessMachines::stop_all() {
  // All are told before any is waited for. The closed pipe tells; a signal as well would be lost
  // on one that has not yet come so far as to block it.
  for (auto& [id, supervisor] : supervisors_)
    supervisor.control.close();
  while (!supervisors_.empty())
    stop(supervisors_.begin()->first);
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
