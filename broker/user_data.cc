// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>
#include <string_view>

#include "broker/join.h"

namespace spillway {
namespace {

// The script keeps the token out of arguments (printf is built into the shell and hands it to
// curl's stdin), out of the environment (the variable is not exported) and out of files. The
// bootstrap is evaluated in the same shell, so it finds the three variables. Names that a run left
// which came to no end, as before a power cut, may have the service behind a tunnel that is gone.
constexpr std::string_view kAfterVariables = R"script(
[ -e "$SPILLWAY_ROOT/run/spillway/finished" ] ||
sed -i '/^# spillway: begin$/,/^# spillway: end$/d' "$SPILLWAY_ROOT/etc/hosts"
ask() {
printf 'header = "Authorization: Bearer %s"\n' "$token" |
curl -q $family -fsSk --pinnedpubkey "$pin" ${SPILLWAY_ADDRESS:+--interface "$SPILLWAY_ADDRESS"} -m 60 -K - "$url/v1/bootstrap"
}
n=1
until s=$(ask) && [ "$s" ]; do
sleep $n
[ $n -ge 30 ] || n=$((n * 2))
done
eval "$s"
)script";

// The clouds show a machine's IPv4 address, by which the service knows it.
std::string family_for(const std::string& url) {
  return url.find("://[") == std::string::npos ? "-4" : "";
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += R"('\'')";
    else
      quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::string make_user_data(const std::string& url, const std::string& pin, const Secret& token) {
  return "#!/bin/sh\numask 077\nurl=" + in_quotes(url) + "\npin=" + in_quotes(pin) +
         "\nfamily=" + family_for(url) + "\ntoken=" + in_quotes(token.reveal()) +
         std::string(kAfterVariables);
}

}  // namespace spillway
