// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a machine at Voltage Park is made of, and the type that Spillway calls it by: the cloud has
// no names for its machine types. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/json.h"

namespace spillway {

// Numbers that are absent or absurd are 0, so that the machine fits no pool.
struct VoltageParkShape {
  std::string type;  // "bare-metal", "bare-metal-4x-h200-sxm5-141gb", "vm-2x-h100-sxm5-80gb";
                     // empty when the GPUs are not told, or of several models
  std::string gpu;   // as pools name it: "h100"
  int gpus = 0;
  int cpus = 0;
  std::int64_t memory_mib = 0;
};

// From `specs_per_node`. Nodes with eight h100-sxm5-80gb, all that was ever on sale, are
// "bare-metal"; others say what they have.
[[nodiscard]] VoltageParkShape read_voltage_park_node(const Json& specs);

// From `resources` of a preset or a VM.
[[nodiscard]] VoltageParkShape read_voltage_park_vm(const Json& resources);

// GPUs of one node of that type; 0 when it is no type of nodes.
[[nodiscard]] int voltage_park_gpus_of_nodes(std::string_view type);
[[nodiscard]] bool is_voltage_park_vm(std::string_view type);

// "h100-sxm5-80gb" -> "h100", "geforcertx4090-pcie-24gb" -> "rtx4090": the word before the socket,
// without the family; empty for what is no such name. Where socket or memory matter the pool names
// the type.
[[nodiscard]] std::string voltage_park_gpu_model(std::string_view name);

}  // namespace spillway
