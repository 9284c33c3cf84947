// SPDX-License-Identifier: GPL-2.0-or-later
#include <memory>
#include <optional>

#include "cli/command_parts.h"
#include "cli/why.h"
#include "lib/file.h"

namespace spillway {
namespace {

Result<Explanations> read_explanations(const Config& config) {
  const auto path = explanations_file(config.decisions);
  const auto text = read_file(path);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound,
                 text.error().message +
                     ": spillwayd writes it once it sees slurmctld: does it run on this host?",
                 {}};
  }
  if (!text) return text.error();
  return parse_explanations(*text);
}

// For those who may read it; it only adds the cost.
std::optional<Books> read_books(const Config& config) {
  const auto ledger = open_ledger(config);
  if (!ledger) return std::nullopt;
  auto books = (*ledger)->load();
  return books ? std::optional(*std::move(books)) : std::nullopt;
}

}  // namespace

int run_why(const CommonOptions& common, const WhyOptions& options) {
  const auto job = parse_job_id(options.job);
  if (!job) {
    complain(job.error().message);
    return kExitUsage;
  }
  const auto config = load_config(common);
  if (!config) {
    complain(config.error().message);
    return kExitUsage;
  }
  const auto told = read_explanations(*config);
  const auto slurm = ask_slurm_of_job(*job);
  const auto books = read_books(*config);
  const WhyInput input{*job, *config, told, slurm, books ? &*books : nullptr, SystemClock().now()};
  print(common.json ? why_json(input).dump_indented() : why_screen(input, common.colours));
  return has_answer(input) ? kExitOk : kExitFailure;
}

}  // namespace spillway
