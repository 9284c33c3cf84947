// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway check` looks at files; `spillway doctor` looks at the same and asks whoever runs.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "cli/ask_providers.h"
#include "cli/check.h"
#include "cli/command_parts.h"
#include "cli/doctor.h"
#include "cli/slurm_doctor.h"
#include "cli/status.h"
#include "lib/file.h"
#include "lib/public_key.h"
#include "lib/text.h"
#include "providers/catalog_file.h"
#include "providers/registry.h"

namespace spillway {
namespace {

constexpr std::chrono::seconds kJoinPatience{10};
constexpr int kEventsLookedAt = 1'000;

using Lines = std::vector<CheckLine>;

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

std::string find_slurm_conf(const SlurmOptions& options) {
  if (!options.slurm_conf.empty()) return options.slurm_conf;
  const char* from_environment = std::getenv("SLURM_CONF");  // NOLINT: before any thread
  if (from_environment != nullptr && *from_environment != '\0') return from_environment;
  return "/etc/slurm/slurm.conf";
}

Lines check_drivers(const Config& config) {
  const auto known = provider_names();
  Lines lines;
  for (const auto& provider : config.providers) {
    if (std::find(known.begin(), known.end(), provider.name) != known.end()) continue;
    lines.push_back({CheckLevel::kFailure,
                     "config",
                     config.file + ":" + std::to_string(provider.line) + ": providers." +
                         provider.name + ": no such provider: there are " + join(known, ", ")});
  }
  return lines;
}

// What can be told from this host's files alone.
Lines check_host(const Config& config) {
  auto lines = check_config(config);
  append(lines, check_drivers(config));
  append(lines, check_catalog(read_catalog(config), SystemClock().now()));
  append(lines, check_files(config, look_at_this_host()));
  append(lines, check_vpn(config, look_at_this_host()));
  return lines;
}

enum class Asks { kNobody, kSlurmctld };

Lines check_slurm_conf(const Config& config, const SlurmOptions& options, Asks asks) {
  const auto path = find_slurm_conf(options);
  const auto conf = read_slurm_conf(path);
  if (!conf) {
    return {{CheckLevel::kFailure,
             "slurm",
             conf.error().message + ": name the file by --slurm-conf or SLURM_CONF"}};
  }
  if (asks == Asks::kSlurmctld) return ask_slurm(config, path, *conf);
  return check_slurm(fit_slurm_conf(*conf, config, options.slurm_version));
}

Result<BrokerSeen> see_broker(const Config& config) {
  const auto ledger = open_ledger(config);
  if (!ledger) return ledger.error();
  const auto leader = (*ledger)->leader();
  if (!leader) return leader.error();
  const auto events = (*ledger)->last_events(kEventsLookedAt);
  if (!events) return events.error();
  BrokerSeen seen{*leader, {}};
  for (const auto& event : *events) {
    if (event.kind == "joined") seen.last_joined = event.at;
  }
  return seen;
}

Result<std::string> read_pin(const Config& config) {
  const auto path = join_pem_file(config.ledger);
  const auto pem = read_file(path);
  if (!pem) {
    const bool is_missing = pem.error().code == ErrorCode::kNotFound;
    return pem.error().within(is_missing ? "spillwayd makes it when it starts"
                                         : "run this as the user that runs spillwayd");
  }
  auto pin = public_key_pin(*pem);
  if (!pin.empty()) return pin;
  return Error{ErrorCode::kInvalid,
               path + ": holds no key with its certificate: remove it and restart spillwayd",
               {}};
}

bool is_this_host(const std::string& host) {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && host == name.data();
}

JoinSeen see_join(const Config& config, const BrokerSeen& broker) {
  JoinSeen seen{read_pin(config), {}, {}, broker.last_joined};
  const auto pin = seen.pin ? *seen.pin : "";
  const auto reach = [&](const std::string& url) {
    return try_connection(url, pin, kJoinPatience);
  };
  if (is_this_host(leader_host(*broker.leader))) {
    seen.listens = reach(local_join_url(config.join.listen));
  }
  seen.reached = reach(config.join.url);
  return seen;
}

Lines ask_broker(const Config& config) {
  const auto broker = see_broker(config);
  const auto now = SystemClock().now();
  auto lines = check_broker(broker, now);
  append(lines, check_decisions(read_file(config.decisions), now));
  if (broker && is_led(broker->leader, now)) {
    append(lines, check_join(config.join, see_join(config, *broker), now));
  } else {
    lines.push_back({CheckLevel::kFailure, "join", "not asked: no broker runs that would answer"});
  }
  return lines;
}

int show_refused(const Error& error, const CommonOptions& common) {
  Lines lines;
  for (const auto finding : split(error.message, '\n'))
    lines.push_back({CheckLevel::kFailure, "config", std::string(finding)});
  (void)show_lines(lines, common);
  return kExitUsage;
}

}  // namespace

int run_check(const CommonOptions& common, const SlurmOptions& options) {
  const auto config = load_config(common);
  if (!config) return show_refused(config.error(), common);
  auto lines = check_host(*config);
  append(lines, check_slurm_conf(*config, options, Asks::kNobody));
  return show_lines(lines, common);
}

int run_doctor(const CommonOptions& common, const SlurmOptions& options) {
  const auto config = load_config(common);
  if (!config) return show_refused(config.error(), common);
  auto lines = check_host(*config);
  append(lines, check_slurm_conf(*config, options, Asks::kSlurmctld));
  append(lines, ask_broker(*config));
  append(lines, ask_about_accounts(*config));
  return show_lines(lines, common);
}

}  // namespace spillway
