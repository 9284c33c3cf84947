// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hardware.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/text.h"

namespace spillway {
namespace {

// Before the system's own in the machine's PATH.
constexpr const char* kPrograms = "/usr/local/bin/";

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

ImageFile program(const std::string& name, const std::string& script) {
  return {kPrograms + name,
          "#!/bin/sh\n# Stands in for " + name + " on simulated hardware.\n" + script,
          0755};
}

ImageFile nvidia_smi(int gpus, const std::string& line, int ecc_errors) {
  std::string names;
  std::string errors;
  for (int gpu = 0; gpu < gpus; ++gpu) {
    names += line + "\n";
    errors += std::to_string(gpu == 0 ? ecc_errors : 0) + "\n";
  }
  return program("nvidia-smi",
                 "case $* in\n"
                 "'--query-gpu=name,memory.total --format=csv,noheader') cat <<'END'\n" +
                     names +
                     "END\n  ;;\n"
                     "'--query-gpu=ecc.errors.uncorrected.volatile.total "
                     "--format=csv,noheader,nounits') cat <<'END'\n" +
                     errors +
                     "END\n  ;;\n"
                     "*)\n"
                     "  echo \"nvidia-smi: simulated: not known: $*\" >&2\n"
                     "  exit 2\n"
                     "  ;;\n"
                     "esac\n");
}

// Source: NVIDIA's "XID Errors", the form of its driver's lines in the kernel's log.
ImageFile dmesg(int xid) {
  std::string lines = "[    0.000000] Linux version (simulated)\n";
  if (xid != 0)
    lines += "[  120.000000] NVRM: Xid (PCI:0000:3b:00): " + std::to_string(xid) +
             ", pid='<unknown>', name=<unknown>\n";
  return program("dmesg", "cat <<'END'\n" + lines + "END\n");
}

// Who asks for another date than the present one gets it from the real clock.
ImageFile date(std::chrono::seconds ahead) {
  return program("date",
                 "real=/usr/bin/date\n"
                 "case \" $*\" in\n"
                 "*' -'[dfrs]* | *' --date'* | *' --file'* | *' --ref'* | *' --set'*)"
                 " exec \"$real\" \"$@\" ;;\n"
                 "esac\n"
                 "exec \"$real\" -d \"@$(($(\"$real\" +%s) + " +
                     std::to_string(ahead.count()) + "))\" \"$@\"\n");
}

// Source: Documentation/ABI/stable/sysfs-class-infiniband of Linux.
void add_port(int number, bool is_alive, bool is_slow, std::vector<ImageFile>& files) {
  const std::string port = "/sys/class/infiniband/mlx5_" + std::to_string(number) + "/ports/1/";
  files.push_back({port + "state", is_alive ? "4: ACTIVE\n" : "1: DOWN\n"});
  files.push_back({port + "phys_state", is_alive ? "5: LinkUp\n" : "3: Disabled\n"});
  files.push_back({port + "link_layer", "InfiniBand\n"});
  files.push_back({port + "rate", is_slow ? "200 Gb/sec (4X HDR)\n" : "400 Gb/sec (4X NDR)\n"});
}

}  // namespace

std::vector<ImageFile> simulated_hardware(const SimMachine& machine, std::optional<int> node_gpus) {
  const SimHardwareFault& fault = machine.hardware;
  const int gpus = fault.gpus.value_or(node_gpus.value_or(machine.gpus));
  std::vector<ImageFile> files{nvidia_smi(gpus, gpu_line(machine), fault.ecc_errors),
                               dmesg(fault.xid)};
  if (fault.clock.count() != 0) files.push_back(date(fault.clock));
  for (int port = 0; port < machine.infiniband_ports; ++port) {
    const bool is_alive = port >= fault.dead_ports;
    add_port(port, is_alive, is_alive && port < fault.dead_ports + fault.slow_ports, files);
  }
  return files;
}

}  // namespace spillway
