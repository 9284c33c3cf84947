// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/slurm_release.h"

#include "lib/text.h"

namespace spillway {

std::optional<SlurmRelease> parse_slurm_release(std::string_view version) {
  constexpr std::string_view kPrefix = "slurm ";
  if (version.starts_with(kPrefix)) version.remove_prefix(kPrefix.size());
  const auto parts = split(version, '.');
  if (parts.size() < 2) return std::nullopt;
  const auto year = parse_whole_number(parts[0], 99);
  const auto month = parse_whole_number(parts[1], 12);
  if (!year || !month) return std::nullopt;
  return SlurmRelease{static_cast<int>(*year), static_cast<int>(*month)};
}

}  // namespace spillway
