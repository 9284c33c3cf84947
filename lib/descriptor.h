// SPDX-License-Identifier: GPL-2.0-or-later
//
// File descriptors that close themselves.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "lib/result.h"

namespace spillway {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { (void)close(); }

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }

  // Gives up the number without closing it.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

  // False when the kernel reports a late failure of a write (errno says which).
  bool close();

 private:
  int number_ = -1;
};

// Opens as open(2) does, with O_CLOEXEC, again when interrupted. Not open: errno says why.
[[nodiscard]] Descriptor open_file(const std::string& path, int flags, unsigned mode = 0);

// Reads to the end. `path` is for the message. Errors: kIo, also past `limit` bytes.
[[nodiscard]] Result<std::string> read_to_end(const Descriptor& file,
                                              const std::string& path,
                                              std::size_t limit);

}  // namespace spillway
