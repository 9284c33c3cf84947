// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cluster/slurm.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr const char* kAbout =
    "Lets a Slurm cluster spill over into rented GPU machines: what there is, what it costs, and "
    "whether everything is in place.";

constexpr const char* kExamples = R"(
First steps:
  spillway check                     is the configuration right, does slurm.conf fit?
  spillway doctor                    do Slurm, the broker and the clouds answer as they should?
  spillway doctor --live lambda      how one provider answers; --rent-one tries a machine
  spillway slurm-conf                the lines that slurm.conf needs
  spillway offers --gpu h100         what an H100 costs now, and who has one
  spillway plan --nodes 4 --hours 6  what such a job would cost, and where it would run
Every day:
  spillway why 1234                  why this job waits, bursts or stays; for its owner, too
  spillway status                    machines, what they cost, what is wrong
  spillway events --follow           each decision with its reason, as it is made
  spillway bill --since 2026-11-01   what each machine cost
When something has to give:
  spillway set policy.limits.machines 80 --for 6h
                                     a limit, without a restart; alone it lists them
  spillway retry lambda              its quota was raised: try it again at once
For programs:
  spillway status --json | jq '.machines[].state'

Exit codes: 0 ok; 1 a failure was found, or there was no answer; 2 usage or configuration; 3 check or
doctor found warnings and no failure.
Colours only on a terminal; NO_COLOR=1 turns them off. See spillway(1) and spillway.yaml(5).)";

constexpr const char* kPlanExamples = R"(
Example:
  spillway plan --gpus-per-node 8 --nodes 4 --infiniband --hours 6
Asks the providers, orders nothing. For each pool that fits: the offers behind it, ranked as the broker
ranks them, and why the others are out: refused lately, sold out, too dear, past a limit. The expected
cost is that of the whole time limit and the boot before it, as the provider counts time.
Exit code 1: no offer can be had now.)";

constexpr const char* kWhyExamples = R"(
For every user: it reads what the broker last wrote of the queue, and asks Slurm about this one job.
  now       what Slurm says       rule     what the policy says     plan    what would be rented
  instead   what is cheaper or nearer, and why not                  to change   what would help
Of a job that runs it says on which rented nodes; who may read the ledger sees the cost so far.
Exit code 1: nothing is known of the job, or the broker has written nothing for two minutes.)";

constexpr const char* kSetExamples = R"(
Examples:
  spillway set                                       what is in force, what the file says
  spillway set policy.limits.machines 80 --for 6h    more machines until tonight
  spillway set policy.limits.spend_per_hour none     no limit, until it is set otherwise
  spillway set policy.limits.machines default        as spillway.yaml says
At a limit nothing new is ordered; nothing that runs is ended. Recorded in `spillway events` with who
did it. Run it as the user that runs spillwayd, or as root.)";

constexpr const char* kRetryExamples = R"(
After a refusal an offer, or a whole account (quota, balance, key), is left alone for a while that
doubles each time; `spillway status` shows what is cooling down. When the cause is mended:
  spillway retry lambda
Run it as the user that runs spillwayd, or as root.)";

struct Options {
  CommonOptions common;
  OffersOptions offers;
  SlurmOptions slurm;
  LiveOptions live;
  SlurmConfOptions slurm_conf;
  EventsOptions events;
  BillOptions bill;
  PlanOptions plan;
  WhyOptions why;
  SetOptions set;
  RetryOptions retry;
};

bool wants_colours() {
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT: before any thread
  const char* term = std::getenv("TERM");          // NOLINT: before any thread
  const bool is_refused = no_color != nullptr && *no_color != '\0';
  const bool is_dumb = term == nullptr || std::string_view(term) == "dumb";
  return !is_refused && !is_dumb && isatty(STDOUT_FILENO) == 1;
}

void add_json(CLI::App& command, Options& options) {
  command.add_flag("--json", options.common.json, "the same facts for programs, units in the keys");
}

void add_slurm_version(CLI::App& command, std::string& version) {
  version = built_slurm_version();
  command.add_option("--slurm-version", version, "the Slurm release that will read it")
      ->capture_default_str();
}

void add_status(CLI::App& app, Options& options, int& code) {
  auto* command = app.add_subcommand("status", "machines, what they cost, what is wrong");
  add_json(*command, options);
  command->callback([&] { code = run_status(options.common); });
}

void add_offers(CLI::App& app, Options& options, int& code) {
  auto* command =
      app.add_subcommand("offers", "what the providers would rent out now, cheapest GPU first");
  auto& filter = options.offers.filter;
  command->add_option("--gpu", filter.gpu, "only this GPU, e.g. h100");
  command->add_flag("--infiniband", filter.infiniband, "only with InfiniBand");
  command
      ->add_option("--nodes",
                   filter.machines,
                   "only where so many machines can be had, or the provider tells no number")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--provider", options.offers.provider, "ask only this provider");
  add_json(*command, options);
  command->callback([&] { code = run_offers(options.common, options.offers); });
}

void add_slurm_conf_file(CLI::App& command, Options& options) {
  command.add_option("--slurm-conf",
                     options.slurm.slurm_conf,
                     "slurm.conf (else SLURM_CONF, else /etc/slurm/slurm.conf)");
}

void add_check(CLI::App& app, Options& options, int& code) {
  auto* command = app.add_subcommand("check", "are configuration and slurm.conf right?");
  add_slurm_conf_file(*command, options);
  command->add_flag("--online", options.slurm.online, "the same as spillway doctor");
  add_slurm_version(*command, options.slurm.slurm_version);
  add_json(*command, options);
  command->callback([&] {
    code = options.slurm.online ? run_doctor(options.common, options.slurm)
                                : run_check(options.common, options.slurm);
  });
}

void add_doctor(CLI::App& app, Options& options, int& code) {
  auto* command =
      app.add_subcommand("doctor", "what check looks at, and all that runs: Slurm, broker, clouds");
  add_slurm_conf_file(*command, options);
  add_json(*command, options);
  auto* live = command->add_option("--live",
                                   options.live.provider,
                                   "this provider alone: each harmless call once, what it "
                                   "answers, and how long it takes");
  auto* rent = command->add_flag("--rent-one",
                                 options.live.rent_one,
                                 "then order its cheapest machine, see it run, and end it: this "
                                 "costs money, and asks first");
  command->add_flag("--yes", options.live.yes, "order without asking")->needs(rent);
  rent->needs(live);
  command->callback([&] {
    code = options.live.provider.empty() ? run_doctor(options.common, options.slurm)
                                         : run_live(options.common, options.live);
  });
}

void add_slurm_conf(CLI::App& app, Options& options, int& code) {
  auto* command = app.add_subcommand("slurm-conf", "the lines that slurm.conf needs, explained");
  add_slurm_version(*command, options.slurm_conf.slurm_version);
  options.slurm_conf.program_folder = SPILLWAY_PROGRAM_FOLDER;
  options.slurm_conf.plugin_folder = SPILLWAY_PLUGIN_FOLDER;
  command
      ->add_option(
          "--program-folder", options.slurm_conf.program_folder, "where spillway-resume is")
      ->capture_default_str();
  command->add_option("--plugin-folder", options.slurm_conf.plugin_folder, "where the plugin is")
      ->capture_default_str();
  command->callback([&] { code = run_slurm_conf(options.common, options.slurm_conf); });
}

void add_events(CLI::App& app, Options& options, int& code) {
  auto* command = app.add_subcommand("events", "each decision with its reason, oldest first");
  command->add_flag("-f,--follow", options.events.follow, "go on as they happen, until Ctrl-C");
  command->add_option("-n,--last", options.events.last, "only the last so many")
      ->check(CLI::Range(1, 1'000'000));
  add_json(*command, options);
  command->callback([&] { code = run_events(options.common, options.events); });
}

void add_bill(CLI::App& app, Options& options, int& code) {
  auto* command = app.add_subcommand("bill", "what each machine cost");
  command->add_option("--since",
                      options.bill.since,
                      "machines that billed since then: 30d, 2026-11-01 or 2026-11-01T08:00:00Z");
  add_json(*command, options);
  command->callback([&] { code = run_bill(options.common, options.bill); });
}

void add_plan(CLI::App& app, Options& options, int& code) {
  auto* command = app.add_subcommand("plan", "what a job would cost now, and where it would run");
  auto& plan = options.plan;
  command->add_option("--nodes", plan.nodes, "machines, all of one offer")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--gpus-per-node", plan.gpus_per_node, "by default as many as a node has")
      ->check(CLI::Range(1, 1'000));
  command->add_option("--gpu", plan.gpu, "only this GPU, e.g. h100");
  command->add_flag("--infiniband", plan.infiniband, "only on one InfiniBand fabric");
  command->add_option("--hours", plan.hours, "the job's time limit; 0.5 is half an hour")
      ->check(CLI::Range(0.01, 8'760.0))
      ->capture_default_str();
  command->add_option("--pool", plan.pool, "only this pool of spillway.yaml");
  command->add_option("--partition",
                      plan.partition,
                      "as for a job there; by default the one that has a policy, if only one has");
  command->footer(kPlanExamples);
  add_json(*command, options);
  command->callback([&] { code = run_plan(options.common, options.plan); });
}

void add_why(CLI::App& app, Options& options, int& code) {
  auto* command = app.add_subcommand("why", "why a job waits, bursts or stays local");
  command->add_option("jobid", options.why.job, "as squeue shows it: 1234")->required();
  command->footer(kWhyExamples);
  add_json(*command, options);
  command->callback([&] { code = run_why(options.common, options.why); });
}

void add_set(CLI::App& app, Options& options, int& code) {
  auto* command = app.add_subcommand(
      "set", "change a limit at once, without a restart; alone: what is set, and what could be");
  command->add_option("name", options.set.name, "its key in spillway.yaml: policy.limits.machines");
  command->add_option("value",
                      options.set.value,
                      "as in spillway.yaml (80, 3.50); none: no limit at all; default: as the file "
                      "says");
  command->add_option("--for", options.set.duration, "then as the file says again: 90m, 2h, 1d");
  command->footer(kSetExamples);
  add_json(*command, options);
  command->callback([&] { code = run_set(options.common, options.set); });
}

void add_retry(CLI::App& app, Options& options, int& code) {
  auto* command = app.add_subcommand(
      "retry", "forget what a provider refused, so that it is tried again at once");
  command->add_option("provider", options.retry.provider, "as in spillway.yaml, e.g. lambda")
      ->required();
  command->footer(kRetryExamples);
  add_json(*command, options);
  command->callback([&] { code = run_retry(options.common, options.retry); });
}

// CLI11 tells a command that it does not know as one that is missing.
int complain_of_command(const CLI::App& app, const CLI::RequiredError& error) {
  const auto rest = app.remaining();
  if (rest.empty()) {
    (void)app.exit(error);
    return kExitUsage;
  }
  std::vector<std::string> commands;
  for (const auto* command : app.get_subcommands({}))
    commands.push_back(command->get_name());
  const auto near = closest(rest.front(), commands);
  const std::string hint = near ? "did you mean " + *near + "? " : "";
  std::cerr << "spillway: no command " << printable(rest.front(), 80) << ": " << hint
            << "there are " << join(commands, ", ") << "\n";
  return kExitUsage;
}

int run(int argc, char** argv) {
  CLI::App app(kAbout, "spillway");
  Options options;
  options.common.colours = wants_colours();
  int code = kExitOk;
  app.footer(kExamples);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", options.common.config, "the configuration")->capture_default_str();
  app.set_version_flag("--version", "spillway " SPILLWAY_VERSION);
  add_status(app, options, code);
  add_offers(app, options, code);
  add_check(app, options, code);
  add_doctor(app, options, code);
  add_slurm_conf(app, options, code);
  add_events(app, options, code);
  add_bill(app, options, code);
  add_plan(app, options, code);
  add_why(app, options, code);
  add_set(app, options, code);
  add_retry(app, options, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    return complain_of_command(app, error);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return code;
}

}  // namespace
}  // namespace spillway

int main(int argc, char** argv) try {
  return spillway::run(argc, argv);
} catch (const std::exception& error) {
  // Only memory that has run out, or a library's bug.
  std::cerr << "spillway: " << error.what() << "\n";
  return spillway::kExitFailure;
}
