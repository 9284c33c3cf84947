// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace spillway {

// The part of a Slurm version that decides about behaviour: 22.05 of "22.05.8".
struct SlurmRelease {
  int year = 0;
  int month = 0;

  friend auto operator<=>(const SlurmRelease&, const SlurmRelease&) = default;  // NOLINT
};

// Reads "22.05.8", "22.05" and "slurm 22.05.8"; nothing when it is none of them.
[[nodiscard]] std::optional<SlurmRelease> parse_slurm_release(std::string_view version);

}  // namespace spillway
