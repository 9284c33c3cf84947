// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/check.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "cli/table.h"
#include "core/vpn.h"
#include "lib/file.h"
#include "lib/process.h"
#include "lib/secret.h"
#include "lib/text.h"

namespace spillway {
namespace {

const char* level_name(CheckLevel level) {
  switch (level) {
    case CheckLevel::kOk:
      return "ok";
    case CheckLevel::kWarning:
      return "warning";
    case CheckLevel::kFailure:
      return "failure";
  }
  return "failure";
}

Tint tint_of(CheckLevel level) {
  if (level == CheckLevel::kOk) return Tint::kGood;
  return level == CheckLevel::kWarning ? Tint::kWarning : Tint::kBad;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

Status look_for_access(const std::string& path, int mode) {
  return access(path.c_str(), mode) == 0 ? Status() : Status(file_error(path, errno));
}

bool may_any_burst(const Policy& policy) {
  return std::any_of(policy.partitions.begin(), policy.partitions.end(), [](const auto& entry) {
    return entry.second.may_burst();
  });
}

std::int64_t count(const std::vector<CheckLine>& lines, CheckLevel level) {
  return std::count_if(
      lines.begin(), lines.end(), [&](const CheckLine& line) { return line.level == level; });
}

void add_folders(const Config& config, const HostLook& look, std::vector<CheckLine>& lines) {
  std::vector<std::string> folders = {folder_of(config.ledger), folder_of(config.decisions)};
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  for (const auto& folder : folders) {
    const auto status = look.writable(folder);
    if (status) continue;
    lines.push_back(
        {CheckLevel::kFailure,
         "files",
         status.error().message + ": spillwayd writes there: make the folder, owned by its user"});
  }
}

}  // namespace

HostLook look_at_this_host() {
  HostLook look;
  look.secret = [](const std::string& path) {
    const auto secret = read_secret_file(path);
    return secret ? Status() : Status(secret.error());
  };
  look.readable = [](const std::string& path) { return look_for_access(path, R_OK); };
  look.writable = [](const std::string& path) { return look_for_access(path, W_OK | X_OK); };
  look.program = [](const std::string& name) { return !find_program(name).empty(); };
  return look;
}

std::vector<CheckLine> check_config(const Config& config) {
  const auto counts = [](std::size_t number, const char* noun) {
    return counted(static_cast<std::int64_t>(number), noun);
  };
  std::vector<CheckLine> lines;
  lines.push_back({CheckLevel::kOk,
                   "config",
                   config.file + ": " + counts(config.providers.size(), "provider") + ", " +
                       counts(config.pools.size(), "pool") + ", " +
                       counts(config.pool_of_node.size(), "node")});
  const auto warn = [&](const std::string& text) {
    lines.push_back({CheckLevel::kWarning, "config", text});
  };
  if (!may_any_burst(config.policy)) {
    warn("no partition may burst: name those that may under policy.partitions");
  }
  const Limits& limits = config.policy.limits;
  if (!limits.machines && !limits.spend_per_hour && !limits.spend_per_month) {
    warn("nothing limits what may be spent: set policy.limits, spend_per_month first of all");
  }
  if (config.join.deliver.empty()) {
    warn("no file is delivered to machines: slurmd needs munge.key or slurm.key, see join.deliver");
  }
  return lines;
}

std::vector<CheckLine> check_catalog(const Result<Catalog>& catalog, TimePoint now) {
  if (!catalog) return {{CheckLevel::kFailure, "catalog", catalog.error().message}};
  if (catalog->prices.empty()) {
    return {{CheckLevel::kOk, "catalog", "none: only offers with a live price are chosen"}};
  }
  const auto newest = std::max_element(
      catalog->prices.begin(), catalog->prices.end(), [](const auto& a, const auto& b) {
        return a.date < b.date;
      });
  return {{CheckLevel::kOk,
           "catalog",
           counted(static_cast<std::int64_t>(catalog->prices.size()), "price") + ", the newest " +
               format_old(newest->date, now)}};
}

std::vector<CheckLine> check_files(const Config& config, const HostLook& look) {
  std::vector<CheckLine> lines;
  const auto fail = [&](const std::string& text) {
    lines.push_back({CheckLevel::kFailure, "files", text});
  };
  for (const auto& provider : config.providers) {
    const auto status = look.secret(provider.key_file);
    if (status) continue;
    fail(status.error().message + ": " + provider.name +
         "'s key belongs there, on one line, mode 0600");
  }
  for (const auto& file : config.join.deliver) {
    const auto status = look.readable(file.from);
    if (!status) fail(status.error().message + ": machines need it as " + file.to);
  }
  for (const auto& [os, archive] : config.join.archives) {
    const auto status = look.readable(archive);
    if (!status) fail(status.error().message + ": machines of " + os + " get Slurm from it");
  }
  add_folders(config, look, lines);
  if (lines.empty()) {
    const auto files =
        config.providers.size() + config.join.deliver.size() + config.join.archives.size();
    lines.push_back({CheckLevel::kOk,
                     "files",
                     counted(static_cast<std::int64_t>(files), "file") +
                         " in place; keys are private; ledger and decisions can be written"});
  }
  return lines;
}

std::vector<CheckLine> check_vpn(const Config& config, const HostLook& look) {
  if (!config.vpn) return {};
  std::vector<CheckLine> lines;
  const std::pair<const char*, const char*> programs[] = {{"ip", "iproute2"},
                                                          {"wg", "wireguard-tools"}};
  for (const auto& [program, package] : programs) {
    if (look.program(program)) continue;
    lines.push_back({CheckLevel::kFailure,
                     "vpn",
                     std::string(program) + " is not installed: install the package " + package});
  }
  if (!lines.empty()) return lines;
  return {{CheckLevel::kOk,
           "vpn",
           format_subnet(config.vpn->network) + " on " + config.vpn->interface +
               "; machines call UDP port " + listening_port(*config.vpn) + " of this host"}};
}

std::vector<CheckLine> check_slurm(const std::vector<FitFinding>& findings) {
  std::vector<CheckLine> lines;
  for (const auto& finding : findings) {
    CheckLevel level = CheckLevel::kFailure;
    if (finding.level == FitFinding::Level::kOk) level = CheckLevel::kOk;
    if (finding.level == FitFinding::Level::kWarning) level = CheckLevel::kWarning;
    const std::string where = finding.where.empty() ? "" : finding.where + ": ";
    lines.push_back({level, "slurm", where + finding.text});
  }
  return lines;
}

std::vector<CheckLine> check_account(const ProviderConfig& provider,
                                     const Result<std::vector<AccountFinding>>& findings) {
  if (!findings) {
    return {{CheckLevel::kFailure, provider.name, with_cure(findings.error(), provider)}};
  }
  std::vector<CheckLine> lines;
  for (const auto& finding : *findings) {
    CheckLevel level = CheckLevel::kFailure;
    if (finding.level == AccountFinding::Level::kOk) level = CheckLevel::kOk;
    if (finding.level == AccountFinding::Level::kWarning) level = CheckLevel::kWarning;
    lines.push_back({level, provider.name, finding.text});
  }
  return lines;
}

std::string with_cure(const Error& error, const ProviderConfig& provider) {
  switch (error.code) {
    case ErrorCode::kUnauthorized:
      return error.message + ": make a new key in the provider's console and put it into " +
             provider.key_file;
    case ErrorCode::kRateLimited:
      return error.message + ": the account is asked too often: try again in a minute";
    case ErrorCode::kTransient:
    case ErrorCode::kUnknownOutcome:
      return error.message +
             ": try again; if it stays so, look at this host's way out: name "
             "service, proxy, firewall";
    case ErrorCode::kProtocol:
      return error.message + ": is base_url right? `spillway doctor --live " + provider.name +
             "` asks for everything once";
    default:
      return error.message;
  }
}

CheckLevel worst_of(const std::vector<CheckLine>& lines) {
  CheckLevel worst = CheckLevel::kOk;
  for (const auto& line : lines)
    worst = std::max(worst, line.level);
  return worst;
}

std::string check_screen(const std::vector<CheckLine>& lines, bool colours) {
  Table table({{"LEVEL"}, {"WHAT"}, {"FOUND"}});
  for (const auto& line : lines) {
    table.add_row({Cell(level_name(line.level), tint_of(line.level)), line.topic, line.text});
  }
  return table.text(colours) + counted(count(lines, CheckLevel::kFailure), "failure") + ", " +
         counted(count(lines, CheckLevel::kWarning), "warning") + "\n";
}

Json check_json(const std::vector<CheckLine>& lines) {
  Json list = Json::array();
  for (const auto& line : lines) {
    Json json = Json::object();
    json.set("level", level_name(line.level)).set("topic", line.topic).set("text", line.text);
    list.append(json);
  }
  Json json = Json::object();
  json.set("failures", count(lines, CheckLevel::kFailure));
  json.set("warnings", count(lines, CheckLevel::kWarning));
  json.set("lines", list);
  return json;
}

Result<std::vector<CheckLine>> parse_check_json(std::string_view text) {
  const auto json = Json::parse(text, "lines");
  if (!json) return json.error();
  const auto rows = json->get("lines");
  if (!rows.is_array()) return Error{ErrorCode::kInvalid, "lines: there are none", {}};
  std::vector<CheckLine> lines;
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const auto row = rows.at(at);
    CheckLine line;
    for (const auto level : {CheckLevel::kOk, CheckLevel::kWarning, CheckLevel::kFailure}) {
      if (row.string("level") == level_name(level)) line.level = level;
    }
    line.topic = row.string("topic").value_or("");
    line.text = row.string("text").value_or("");
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace spillway
