// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/shape.h"

#include <algorithm>
#include <array>

#include "lib/text.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr std::string_view kNodes = "bare-metal";
constexpr std::string_view kVms = "vm-";
constexpr std::string_view kUsualGpu = "h100-sxm5-80gb";
constexpr int kUsualGpus = 8;
constexpr int kMostGpus = 64;  // in one machine

// "ram_gb" may mean either: the smaller one is promised.
constexpr std::int64_t kBytesPerGb = 1'000'000'000;
constexpr std::int64_t kBytesPerMib = std::int64_t{1} << 20U;

int read_gpus(const Json& object, const char* key) {
  const int gpus = small_count(object, key);
  return gpus <= kMostGpus ? gpus : 0;
}

std::int64_t read_memory_mib(const Json& object) {
  return small_count(object, "ram_gb") * kBytesPerGb / kBytesPerMib;
}

// "8x-h100-sxm5-80gb"
std::string describe_gpus(int gpus, const std::string& name) {
  return std::to_string(gpus) + "x-" + name;
}

// Such names become types, which people write into pools.
bool is_gpu_name(std::string_view name) {
  return !voltage_park_gpu_model(name).empty();
}

}  // namespace

std::string voltage_park_gpu_model(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kFamilies{"geforce", "quadro", "tesla"};
  const bool is_name = name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                       });
  if (!is_name) return "";
  auto model = name.substr(0, name.find('-'));
  for (const auto family : kFamilies) {
    if (model.starts_with(family)) model.remove_prefix(family.size());
  }
  return std::string(model);
}

VoltageParkShape read_voltage_park_node(const Json& specs) {
  const auto name = specs.string("gpu_model").value_or("");
  VoltageParkShape shape;
  shape.gpus = read_gpus(specs, "gpu_count");
  shape.cpus = small_count(specs, "cpu_count");
  shape.memory_mib = read_memory_mib(specs);
  if (shape.gpus == 0 || !is_gpu_name(name)) return shape;
  shape.gpu = voltage_park_gpu_model(name);
  shape.type = kNodes;
  if (shape.gpus != kUsualGpus || name != kUsualGpu) {
    shape.type += "-" + describe_gpus(shape.gpus, name);
  }
  return shape;
}

VoltageParkShape read_voltage_park_vm(const Json& resources) {
  VoltageParkShape shape;
  shape.cpus = small_count(resources, "vcpu_count");
  shape.memory_mib = read_memory_mib(resources);
  std::string name;
  const auto gpus = resources.get("gpus");
  gpus.for_each([&](const std::string& model, const Json& row) {
    name = model;
    shape.gpus = read_gpus(row, "count");
  });
  if (gpus.size() != 1 || !is_gpu_name(name)) shape.gpus = 0;
  if (shape.gpus == 0) return shape;
  shape.gpu = voltage_park_gpu_model(name);
  shape.type = std::string(kVms) + describe_gpus(shape.gpus, name);
  return shape;
}

int voltage_park_gpus_of_nodes(std::string_view type) {
  if (type == kNodes) return kUsualGpus;
  if (!type.starts_with(kNodes)) return 0;
  type.remove_prefix(kNodes.size());
  const auto end = type.find("x-");
  if (!type.starts_with('-') || end == std::string_view::npos) return 0;
  if (!is_gpu_name(type.substr(end + 2))) return 0;
  return static_cast<int>(parse_whole_number(type.substr(1, end - 1), kMostGpus).value_or(0));
}

bool is_voltage_park_vm(std::string_view type) {
  return type.starts_with(kVms);
}

}  // namespace spillway
