// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hardware.h"

#include <algorithm>
#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

SimMachine node() {
  SimMachine machine;
  machine.order.type = "infiniband";
  machine.gpu_description = "h100-sxm5-80gb";
  machine.gpus = 8;
  machine.infiniband_ports = 2;
  return machine;
}

// The file's text; empty: there is none.
std::string text_of(const std::vector<ImageFile>& files, const std::string& path) {
  const auto found = std::find_if(
      files.begin(), files.end(), [&](const ImageFile& file) { return file.path == path; });
  return found == files.end() ? "" : found->text;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

void gpus_are_those_of_fault_simulator_or_type(void**) {
  struct Case {
    const char* name;
    std::optional<int> fault;
    std::optional<int> node_gpus;
    std::size_t gpus;
  };
  const Case cases[] = {
      {"as its type says", {}, {}, 8},
      {"as the simulator was told", {}, 4, 4},
      {"one is missing", 7, {}, 7},
      {"the fault decides", 3, 4, 3},
      {"none is left", 0, 4, 0},
  };
  for (const Case& each : cases) {
    SimMachine machine = node();
    machine.hardware.gpus = each.fault;
    const auto files = simulated_hardware(machine, each.node_gpus);
    const std::string text = text_of(files, "/usr/local/bin/nvidia-smi");
    if (count(text, "NVIDIA H100 80GB HBM3, 81559 MiB\n") != each.gpus)
      fail_msg("%s: %s", each.name, text.c_str());
  }
}

void models_are_told_as_nvidia_smi_tells_them(void**) {
  struct Case {
    const char* type;
    const char* description;
    const char* line;
  };
  const Case cases[] = {
      {"infiniband", "h100-sxm5-80gb", "NVIDIA H100 80GB HBM3, 81559 MiB"},
      {"gpu_1x_gh200", "GH200 (96 GB)", "NVIDIA GH200 480GB, 97871 MiB"},
      {"gpu_8x_b200_sxm6", "B200", "NVIDIA B200, 183359 MiB"},
      {"gpu_1x_a10", "A10 (24 GB PCIe)", "NVIDIA A10, 23028 MiB"},
      {"n3-L40x8", "L40", "NVIDIA GPU, 16384 MiB"},
  };
  for (const Case& each : cases) {
    SimMachine machine = node();
    machine.order.type = each.type;
    machine.gpu_description = each.description;
    const auto files = simulated_hardware(machine, {});
    if (text_of(files, "/usr/local/bin/nvidia-smi").find(each.line) == std::string::npos)
      fail_msg("%s", each.type);
  }
}

void ports_are_as_the_kernel_shows_them(void**) {
  struct Case {
    const char* name;
    int dead;
    int slow;
    const char* first;   // state and rate of the first port
    const char* second;  // and of the second
  };
  const Case cases[] = {
      {"both live", 0, 0, "4: ACTIVE\n400 Gb/sec (4X NDR)\n", "4: ACTIVE\n400 Gb/sec (4X NDR)\n"},
      {"one is dead", 1, 0, "1: DOWN\n400 Gb/sec (4X NDR)\n", "4: ACTIVE\n400 Gb/sec (4X NDR)\n"},
      {"one is slow", 0, 1, "4: ACTIVE\n200 Gb/sec (4X HDR)\n", "4: ACTIVE\n400 Gb/sec (4X NDR)\n"},
      {"one each", 1, 1, "1: DOWN\n400 Gb/sec (4X NDR)\n", "4: ACTIVE\n200 Gb/sec (4X HDR)\n"},
      {"more than there are",
       3,
       3,
       "1: DOWN\n400 Gb/sec (4X NDR)\n",
       "1: DOWN\n400 Gb/sec (4X NDR)\n"},
  };
  for (const Case& each : cases) {
    SimMachine machine = node();
    machine.hardware.dead_ports = each.dead;
    machine.hardware.slow_ports = each.slow;
    const auto files = simulated_hardware(machine, {});
    const auto port = [&](const std::string& number) {
      const std::string folder = "/sys/class/infiniband/mlx5_" + number + "/ports/1/";
      assert_string_equal(text_of(files, folder + "link_layer").c_str(), "InfiniBand\n");
      return text_of(files, folder + "state") + text_of(files, folder + "rate");
    };
    if (port("0") != each.first || port("1") != each.second) fail_msg("%s", each.name);
  }
  SimMachine bare = node();
  bare.infiniband_ports = 0;
  for (const ImageFile& file : simulated_hardware(bare, {})) {
    if (file.path.rfind("/sys", 0) == 0) fail_msg("%s", file.path.c_str());
  }
}

void driver_errors_and_clock_are_told_only_where_they_are_wrong(void**) {
  SimMachine machine = node();
  auto files = simulated_hardware(machine, {});
  assert_int_equal(count(text_of(files, "/usr/local/bin/dmesg"), "NVRM"), 0);
  assert_string_equal(text_of(files, "/usr/local/bin/date").c_str(), "");
  machine.hardware.xid = 79;
  machine.hardware.clock = std::chrono::seconds(-400);
  files = simulated_hardware(machine, {});
  assert_int_equal(count(text_of(files, "/usr/local/bin/dmesg"), "NVRM: Xid (PCI:0000:3b:00): 79,"),
                   1);
  assert_int_equal(count(text_of(files, "/usr/local/bin/date"), "+ -400))"), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(gpus_are_those_of_fault_simulator_or_type),
      cmocka_unit_test(models_are_told_as_nvidia_smi_tells_them),
      cmocka_unit_test(ports_are_as_the_kernel_shows_them),
      cmocka_unit_test(driver_errors_and_clock_are_told_only_where_they_are_wrong),
  };
  return cmocka_run_group_tests_name("sim.hardware", tests, nullptr, nullptr);
}
