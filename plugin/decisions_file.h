// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "core/decisions.h"
#include "lib/result.h"

namespace spillway {

// The decisions file on the disk, read only when it is another one than at the last look.
class DecisionsFile {
 public:
  explicit DecisionsFile(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  // The decisions, or nothing when the file is the one of the last look (good or bad). Never waits.
  // Errors: kNotFound, at each look; kIo; kInvalid, once for each broken file.
  [[nodiscard]] Result<std::optional<Decisions>> look();

 private:
  [[nodiscard]] Result<std::string> read();

  std::string path_;
  struct stat seen_ {};  // of the last file that was opened; all zero when there is none
};

}  // namespace spillway
