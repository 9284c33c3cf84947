// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/doctor.h"

#include "cli/status.h"
#include "cli/table.h"
#include "core/decisions.h"

namespace spillway {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Signed requests and tokens of clouds begin to fail at some minutes.
constexpr seconds kSkewWarned{30};
constexpr minutes kSkewRefused{5};

CheckLine ok(const std::string& topic, const std::string& text) {
  return {CheckLevel::kOk, topic, text};
}

CheckLine warning(const std::string& topic, const std::string& text) {
  return {CheckLevel::kWarning, topic, text};
}

CheckLine failure(const std::string& topic, const std::string& text) {
  return {CheckLevel::kFailure, topic, text};
}

CheckLine check_reached(const JoinConfig& join, const JoinSeen& seen) {
  const bool has_pin = static_cast<bool>(seen.pin);
  if (seen.reached) {
    return ok("join",
              join.url + (has_pin ? " answers with the right key, asked from this host"
                                  : " answers, asked from this host"));
  }
  const std::string why = seen.reached.error().message;
  if (seen.listens && *seen.listens) {
    return warning("join",
                   why +
                       ": it answers on this host, but not by its url from here: machines that "
                       "cannot reach it either never join");
  }
  return failure("join",
                 why + ": machines have to reach it: is spillwayd running? is join.url right?");
}

CheckLine check_joined(const std::optional<TimePoint>& last_joined, TimePoint now) {
  if (last_joined) return ok("join", "a machine last joined " + format_ago(*last_joined, now));
  return ok("join",
            "no machine has joined lately: only the first one tells whether machines reach it");
}

}  // namespace

std::vector<CheckLine> check_broker(const Result<BrokerSeen>& seen, TimePoint now) {
  if (!seen) return {failure("broker", seen.error().message)};
  const auto words = leader_words(seen->leader, now);
  if (is_led(seen->leader, now)) return {ok("broker", words)};
  return {failure("broker", words + ": nothing is ordered, and nothing given back")};
}

std::vector<CheckLine> check_decisions(const Result<std::string>& text, TimePoint now) {
  if (!text) {
    return {failure("broker", "decisions: " + text.error().message + ": spillwayd writes them")};
  }
  const auto decisions = parse_decisions(*text);
  if (!decisions) {
    return {failure("broker",
                    "decisions: damaged: " + decisions.error().message + ": restart spillwayd")};
  }
  const auto written = from_unix_seconds(decisions->written);
  const seconds valid(decisions->valid_for);
  const std::string when = "decisions: written " + format_ago(written, now);
  if (now > written + valid) {
    return {failure("broker",
                    when + ", good for " + format_duration(valid) +
                        ": no job may burst until spillwayd writes them again")};
  }
  const auto jobs = static_cast<std::int64_t>(decisions->jobs.size());
  return {ok("broker", when + ", " + counted(jobs, "job") + " may burst")};
}

std::vector<CheckLine> check_join(const JoinConfig& join, const JoinSeen& seen, TimePoint now) {
  std::vector<CheckLine> lines;
  if (!seen.pin) lines.push_back(warning("join", "key: " + seen.pin.error().message));
  if (seen.listens && !*seen.listens) {
    lines.push_back(failure(
        "join", "listen: " + seen.listens->error().message + ": is spillwayd running here?"));
  }
  lines.push_back(check_reached(join, seen));
  lines.push_back(check_joined(seen.last_joined, now));
  return lines;
}

std::vector<CheckLine> check_clock(const std::string& provider,
                                   std::optional<std::chrono::milliseconds> ahead) {
  if (!ahead) return {};
  const auto off = std::chrono::floor<seconds>(std::chrono::abs(*ahead));
  if (off < kSkewWarned) return {ok(provider, "clock: agrees with this host's")};
  const std::string text = "clock: this host's is " + format_duration(off) +
                           (ahead->count() > 0 ? " ahead of" : " behind") +
                           " the provider's: bills and deadlines are off by that: is NTP running?";
  return {off < kSkewRefused ? warning(provider, text) : failure(provider, text)};
}

std::string local_join_url(const std::string& listen) {
  const auto colon = listen.rfind(':');
  const std::string host = listen.substr(0, colon);
  const std::string port = listen.substr(colon);
  if (host == "0.0.0.0") return "https://127.0.0.1" + port;
  if (host == "[::]") return "https://[::1]" + port;
  return "https://" + host + port;
}

}  // namespace spillway
