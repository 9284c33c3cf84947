// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/listen_address.h"

#include <string_view>

#include "lib/text.h"

namespace spillway {

Result<ListenAddress> parse_listen_address(const std::string& listen, const std::string& what) {
  const Error error{
      ErrorCode::kInvalid, what + ": listen: " + listen + ": must be ADDRESS:PORT", {}};
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos || colon == 0) return error;
  const auto port = parse_whole_number(std::string_view{listen}.substr(colon + 1), 65'535);
  if (!port) return error;
  std::string host = listen.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty()) return error;
  return ListenAddress{host, static_cast<int>(*port)};
}

}  // namespace spillway
