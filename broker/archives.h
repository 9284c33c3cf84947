// SPDX-License-Identifier: GPL-2.0-or-later
//
// Archives of Slurm that machines download: one a system, named by the admin, a few at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "lib/descriptor.h"
#include "lib/result.h"

namespace spillway {

using ArchivePaths = std::map<std::string, std::string>;  // by system, "ubuntu-24.04": a file here

// A file on its way to one machine. Its place is free again when it is destroyed.
class Download {
 public:
  Download(Descriptor file, std::int64_t bytes, std::function<void()> leave)
      : file_(std::move(file)), bytes_(bytes), leave_(std::move(leave)) {}
  ~Download() { leave_(); }
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  // At most `most` bytes from `at` on; none at the end of bytes(), or when they cannot be read.
  [[nodiscard]] std::string read(std::int64_t at, std::size_t most) const;

 private:
  Descriptor file_;
  std::int64_t bytes_;
  std::function<void()> leave_;
};

struct ArchiveFacts {
  std::string sha256;  // lower-case hex
  std::int64_t bytes = 0;
};

// Thread-safe. Outlives its downloads.
class Archives {
 public:
  static constexpr int kAtOnce = 8;
  static constexpr int kAtOncePerPeer = 2;

  explicit Archives(ArchivePaths paths) : paths_(std::move(paths)) {}

  // What a machine of this system is to expect; nothing when there is no archive for it. Reads the
  // file when it has changed. Errors: kTransient, when it cannot be read; the log hears of it once.
  [[nodiscard]] Result<std::optional<ArchiveFacts>> find_facts(const std::string& os);

  // Errors: kNotFound, no archive for this system; kTransient, it cannot be read, or all places are
  // taken.
  [[nodiscard]] Result<std::shared_ptr<const Download>> open(const std::string& os,
                                                             const std::string& peer);

  // Are others told to come again?
  [[nodiscard]] bool are_all_taken();

 private:
  // Which content a path has: a file that was replaced within the kernel's tick of time has the
  // same times.
  struct Version {
    std::uint64_t inode = 0;
    std::int64_t bytes = 0;
    std::int64_t changed_at_s = 0;
    std::int64_t changed_at_ns = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };
  struct Summed {
    Version version;
    std::string sha256;
  };

  // Nothing: no file, or not one to be read; errno says why.
  static std::optional<Version> version_of(const Descriptor& file);

  bool take_place(const std::string& group);
  void leave(const std::string& group);
  // REQUIRES: mutex_ is held.
  Error note_unreadable(const std::string& path, const std::string& why);

  const ArchivePaths paths_;
  std::mutex mutex_;
  std::map<std::string, Summed> summed_;           // by path
  std::map<std::string, std::string> unreadable_;  // by path: why, as the log was told
  // Of its own: a place is left by the thread that moves all connections, and summing takes long.
  std::mutex places_mutex_;
  std::map<std::string, int> places_;  // by group of peers
  int taken_ = 0;
};

}  // namespace spillway
