// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files: whole reads, and writes that are never seen half done.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

// The one translation of errno for files: kNotFound for ENOENT, else kIo; "path: why".
[[nodiscard]] Error file_error(const std::string& path, int error_number);

// Reads all of `path`. Errors: kNotFound; kIo, also when it is larger than `limit` bytes.
[[nodiscard]] Result<std::string> read_file(const std::string& path,
                                            std::size_t limit = std::size_t{64} << 20U);

// Replaces `path` by `content`: a new file in the same folder, synced, renamed over the old one,
// the folder synced. Readers see the old or the new content, never a part. On failure the old file
// stands and nothing else is left. Errors: kIo.
[[nodiscard]] Status write_file_atomically(const std::string& path,
                                           std::string_view content,
                                           mode_t mode = 0644);

// When the file was last written, replaced, or given another owner or mode. Nobody can set it back.
// Errors: kNotFound, kIo.
[[nodiscard]] Result<TimePoint> file_changed_at(const std::string& path);

// Makes the folder and its missing parents. Errors: kIo.
[[nodiscard]] Status make_folder(const std::string& path, mode_t mode = 0755);

}  // namespace spillway
