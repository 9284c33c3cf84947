// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "lib/descriptor.h"
#include "lib/result.h"

namespace spillway {

// A network namespace without a name: it is there as long as this descriptor is open, also when the
// program that has it is killed, or as long as something runs or is open in it.
class NetworkNamespace {
 public:
  // An empty one. The calling thread stays where it is. Errors: kIo.
  [[nodiscard]] static Result<NetworkNamespace> make();

  // The file by which other programs enter it.
  [[nodiscard]] std::string path() const;

 private:
  explicit NetworkNamespace(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;
};

}  // namespace spillway
