// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/power_call.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <utility>

#include "core/hostlist.h"
#include "ledger/ledger.h"
#include "ledger/wake.h"
#include "lib/file.h"
#include "lib/text.h"
#include "lib/time.h"
#include "lib/yaml.h"

namespace spillway {
namespace {

constexpr auto kDefaultLedger = "/var/spool/spillway/ledger.db";
constexpr std::size_t kLargestResumeFile = std::size_t{16} << 20U;
constexpr std::size_t kLargestConfig = std::size_t{1} << 20U;

// slurmctld may start us with descriptors 0 to 2 closed; the ledger must not become one of them.
void open_standard_descriptors() {
  int descriptor = 0;
  do {
    descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
  } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor > STDERR_FILENO) close(descriptor);
}

void report(int priority, const char* name, const std::string& line) {
  syslog(priority, "%s", line.c_str());
  if (isatty(STDERR_FILENO) == 0) return;
  const auto shown = std::string(name) + ": " + line + "\n";
  // Best effort: nobody is left to be told.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, shown.data(), shown.size());
}

struct Warnings {
  std::string text;
  void add(const std::string& warning) { text += (text.empty() ? "" : "; ") + warning; }
};

std::string copy_resume_file(Warnings& warnings) {
  const char* path = std::getenv("SLURM_RESUME_FILE");
  if (path == nullptr) {
    warnings.add("slurmctld gave no resume file: its nodes are taken without their jobs");
    return "";
  }
  auto text = read_file(path, kLargestResumeFile);
  if (text) return *std::move(text);
  warnings.add("resume file " + text.error().message + ": its nodes are taken without their jobs");
  return "";
}

std::string ledger_path(const std::string& config, Warnings& warnings) {
  const auto text = read_file(config, kLargestConfig);
  if (!text) {
    warnings.add(text.error().message + ": recorded in " + kDefaultLedger);
    return kDefaultLedger;
  }
  return find_ledger_path(*text).value_or(kDefaultLedger);
}

Status check_nodes(const PowerCallArguments& arguments, const char* name) {
  if (arguments.nodes.empty()) {
    return Error{ErrorCode::kInvalid,
                 std::string("no host list; usage: ") + name + " [--config FILE] HOSTLIST",
                 {}};
  }
  const auto nodes = parse_hostlist(arguments.nodes);
  return nodes ? Status() : Status(nodes.error());
}

Status record(const Request& request, const std::string& path) {
  const auto ledger = Ledger::open(path, Ledger::Access::kReadWrite);
  if (!ledger) return ledger.error();
  const auto id = (*ledger)->append_request(request);
  if (!id) return id.error();
  wake_broker(path);
  return {};
}

Status run(RequestKind kind, const char* name, int argc, char** argv) {
  Warnings warnings;
  Request request;
  if (kind == RequestKind::kResume) request.resume_file = copy_resume_file(warnings);
  auto arguments = read_power_call_arguments({argv + std::min(argc, 1), argv + argc});
  const bool fails = arguments.resume_fail && kind == RequestKind::kSuspend;
  request.kind = fails ? RequestKind::kResumeFail : kind;
  request.nodes = arguments.nodes;
  request.received_at = SystemClock().now();
  auto status = check_nodes(arguments, name);
  if (status) status = record(request, ledger_path(arguments.config, warnings));
  if (status) {
    if (!warnings.text.empty()) report(LOG_WARNING, name, warnings.text);
    return status;
  }
  const auto why = status.error().message + (warnings.text.empty() ? "" : "; " + warnings.text);
  report(LOG_ERR,
         name,
         std::string("not recorded: ") + request_kind_name(request.kind) + " of \"" +
             printable(arguments.nodes, 400) + "\": " + printable(why, 800));
  return status;
}

// One scalar `ledger:` at the top of a mapping.
std::optional<std::string> ledger_in(std::string_view yaml) {
  const auto root = parse_yaml(yaml, "");
  if (!root) return std::nullopt;
  const auto* ledger = root->find("ledger");
  if (ledger == nullptr || ledger->kind != YamlNode::Kind::kScalar) return std::nullopt;
  if (ledger->scalar.empty()) return std::nullopt;
  return ledger->scalar;
}

}  // namespace

PowerCallArguments read_power_call_arguments(const std::vector<std::string_view>& arguments) {
  constexpr std::string_view kConfig = "--config";
  PowerCallArguments result;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto argument = arguments[i];
    const bool last = i + 1 == arguments.size();
    if (argument == kConfig && !last) {
      result.config = arguments[++i];
    } else if (argument.starts_with("--config=")) {
      result.config = argument.substr(kConfig.size() + 1);
    } else if (argument == "--resume-fail") {
      result.resume_fail = true;
    } else if (last && !argument.starts_with('-')) {
      result.nodes = argument;
    }
  }
  return result;
}

std::optional<std::string> find_ledger_path(std::string_view yaml) {
  if (auto path = ledger_in(yaml)) return path;
  for (const auto line : split(yaml, '\n')) {
    if (!line.starts_with("ledger:")) continue;
    if (auto path = ledger_in(line)) return path;
  }
  return std::nullopt;
}

int run_power_call(RequestKind kind, const char* name, int argc, char** argv) {
  open_standard_descriptors();
  openlog(name, LOG_PID, LOG_DAEMON);
  try {
    return run(kind, name, argc, argv) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& failure) {  // no memory: the only thing that can be thrown here
    const char* nodes = argc > 1 ? argv[argc - 1] : "";
    syslog(LOG_ERR, "not recorded: \"%.400s\": %s", nodes, failure.what());
    return EXIT_FAILURE;
  }
}

}  // namespace spillway
