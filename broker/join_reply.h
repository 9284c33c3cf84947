// SPDX-License-Identifier: GPL-2.0-or-later
//
// The join service's answers, as lines for machines with a shell and no more, and as JSON.
// docs/join.md describes the lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/archives.h"
#include "broker/join.h"
#include "core/config.h"

namespace spillway {

struct FileToInstall {
  const DeliveredFile* file;
  std::string base64;
};

// What an answer to POST /v1/join is made of: what the desk says of the machine, and what all
// machines get.
struct JoinParts {
  const JoinReply& reply;
  const std::vector<Mount>& mounts;
  const std::vector<FileToInstall>& files;
  std::optional<ArchiveFacts> archive{};  // of Slurm, for the machine's system
};

[[nodiscard]] std::string reply_as_lines(const JoinParts& parts);
[[nodiscard]] std::string reply_as_json(const JoinParts& parts);
[[nodiscard]] std::string ready_as_lines(const ReadyReply& reply);
[[nodiscard]] std::string ready_as_json(const ReadyReply& reply);

}  // namespace spillway
