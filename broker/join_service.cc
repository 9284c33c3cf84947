// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>
#include <string>

#include "broker/join.h"
#include "broker/join_endpoints.h"
#include "broker/tls_server.h"
#include "lib/time.h"

namespace spillway {
namespace {

// The line form of the reply rests on these holding neither line ends nor, but for the path,
// blanks.
Status check_delivered(const DeliveredFile& file) {
  static constexpr std::string_view kNameCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  const bool good = file.to.starts_with('/') && file.to.find("..") == std::string::npos &&
                    file.to.find_first_of("\n\r") == std::string::npos && file.mode.size() == 4 &&
                    file.mode.find_first_not_of("01234567") == std::string::npos &&
                    !file.owner.empty() &&
                    file.owner.find_first_not_of(kNameCharacters) == std::string::npos;
  if (good) return {};
  return Error{ErrorCode::kInvalid,
               "join: deliver: " + file.to +
                   ": needs an absolute path, a mode of four octal digits and a user's name",
               {}};
}

}  // namespace

Result<std::unique_ptr<JoinService>> start_join_service(const JoinConfig& config,
                                                        const JoinIdentity& identity,
                                                        const std::string& bootstrap,
                                                        JoinDesk& desk) {
  static const SystemClock clock;
  for (const auto& file : config.deliver) {
    if (const auto checked = check_delivered(file); !checked) return checked.error();
  }
  return start_tls_server(config.listen,
                          identity.pem_file,
                          TlsServerLimits{},
                          std::make_unique<JoinEndpoints>(config, bootstrap, desk, clock));
}

}  // namespace spillway
