// SPDX-License-Identifier: GPL-2.0-or-later
//
// The head's end of the VPN: its key, and its interface by ip(8), wg(8) and, where the kernel has
// no WireGuard, wireguard-go(8).
#pragma once

#include <string>

#include "core/config.h"
#include "lib/result.h"

namespace spillway {

struct WireGuardIdentity {
  std::string private_key;  // base64; never shown
  std::string public_key;   // base64
};

// The head's key, kept beside the ledger and made there when there is none yet.
// Errors: kIo, also for a file that holds no such key.
[[nodiscard]] Result<WireGuardIdentity> load_wireguard_identity(const std::string& ledger);

class WireGuard {
 public:
  // `config_file`: where wg(8) is given key and peers; private.
  WireGuard(VpnConfig config, WireGuardIdentity identity, std::string config_file);

  // Makes the interface when it is not there, whoever ended it, and gives it address and port, and
  // these peers alone. Repeats change nothing, and disturb no tunnel that stays.
  // Errors: kIo, kNotFound (a program is not installed).
  [[nodiscard]] Status apply(const std::string& peers) const;

 private:
  [[nodiscard]] Status make_interface() const;
  [[nodiscard]] Status set_up_interface() const;

  VpnConfig config_;
  WireGuardIdentity identity_;
  std::string config_file_;
};

}  // namespace spillway
