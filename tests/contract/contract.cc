// SPDX-License-Identifier: GPL-2.0-or-later
//
// The contract suite as a program, for any driver at any address: given.h.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "cli/table.h"
#include "lib/text.h"
#include "providers/registry.h"
#include "tests/contract/given.h"

using namespace spillway;
using namespace spillway::contract;

namespace {

constexpr int kNotKept = 1;
constexpr int kNotTried = 2;

constexpr const char* kWhat =
    "Does a driver keep the contract of providers/provider.h at this address, be it a simulated\n"
    "cloud or the provider itself? Without --rent it only asks: nothing is ordered or ended.\n";

constexpr const char* kMore =
    "With --rent each case orders what it needs, of the cheapest offer that can be had, or of\n"
    "--offer. After the case, however it went, all that it ordered is ended, and the provider's\n"
    "list is asked until it shows none of it. The machines are named spillway-contract-...; no\n"
    "other is touched. Ctrl-C ends the case, its machines and the run; once more leaves at once,\n"
    "and says what may still bill. What needs a cloud that errs on demand is skipped, and says "
    "so:\n"
    "ctest -R '^contract' tries that, too, on simulated clouds.\n"
    "\n"
    "First without costs, then with one machine, then all that can be tried:\n"
    "  contract --provider lambda --key-file key --ssh-key ops\n"
    "  contract --provider lambda --key-file key --ssh-key ops --rent 1 --price 1.50\n"
    "           --case machine_starts_to_run_and_gets_an_address\n"
    "  contract --provider lambda --key-file key --ssh-key ops --rent 3 --price 1.50\n"
    "At a simulated cloud (docs/simcloud.md) whose rate_scale is 0, in less than a minute:\n"
    "  contract --provider lambda --key-file key --ssh-key ops --rent 3 --price 100 --hurry\n"
    "           --base-url http://127.0.0.1:PORT/lambda/api/v1\n"
    "\n"
    "Exit code: 0 the contract is kept, as far as it was tried; 1 it is not; 2 nothing was "
    "tried.\n";

struct Arguments {
  GivenAccount account;
  std::string key_file;
  std::string price = "0";
  std::string patience = "30m";
  std::vector<std::string> cases;
  bool lists = false;
};

void declare_account(CLI::App& app, Arguments& arguments) {
  auto& config = arguments.account.config;
  app.add_option("--provider", config.name, "whose driver: " + join(provider_names(), ", "));
  app.add_option("--key-file", arguments.key_file, "a file with the key, mode 0600");
  app.add_option("--base-url", config.base_url, "the API's address; without it the provider's own");
  app.add_option("--ssh-key", config.ssh_key, "as in spillway.yaml");
  app.add_option("--image", config.image, "as in spillway.yaml");
  app.add_option("--environment", config.environment, "as in spillway.yaml");
  app.add_option("--region", config.regions, "as in spillway.yaml; may be given again");
}

void declare_extent(CLI::App& app, Arguments& arguments) {
  auto& account = arguments.account;
  app.add_flag("--list", arguments.lists, "only name the cases, and what each needs");
  app.add_option("--case", arguments.cases, "only this one of them; may be given again");
  auto* const rent =
      app.add_option("--rent", account.rent, "order machines, so many at a time: this costs money");
  auto* const price = app.add_option(
      "--price", arguments.price, "what one of them may cost an hour, at most: 1.50");
  rent->check(CLI::Range(1, 64))->needs(price)->type_name("MACHINES");
  price->needs(rent)->type_name("DOLLARS");
  app.add_option("--offer", account.offer, "order this one: \"us-east-1 gpu_1x_a10\"")->needs(rent);
  app.add_option("--patience", arguments.patience, "for what a case waits for, a boot above all")
      ->type_name("TIME")
      ->capture_default_str();
  app.add_flag("--hurry",
               account.hurries,
               "let the driver call without its pauses: at a simulated cloud on loopback");
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& part : all_parts())
    cases.insert(cases.end(), part.cases.begin(), part.cases.end());
  return cases;
}

std::string needs_of(const Case& listed) {
  if (listed.needs.simulated != nullptr) {
    return std::string("a simulated cloud, which ") + listed.needs.simulated;
  }
  if (listed.needs.machines == 0) return "nothing: it only asks";
  auto needs = counted(listed.needs.machines, "machine");
  if (listed.needs.many_per_order) needs += " of one order";
  return needs;
}

void show_cases() {
  for (const auto& listed : all_cases())
    std::cout << listed.name << "\n    needs " << needs_of(listed) << "\n";
}

// Errors: kInvalid.
Result<std::vector<Case>> choose_cases(const std::vector<std::string>& names) {
  auto cases = all_cases();
  for (const auto& name : names) {
    const bool is_known = std::any_of(
        cases.begin(), cases.end(), [&](const Case& listed) { return listed.name == name; });
    if (!is_known) return Error{ErrorCode::kInvalid, "no case is " + name + ": see --list", {}};
  }
  std::erase_if(cases, [&](const Case& listed) {
    return !names.empty() && std::find(names.begin(), names.end(), listed.name) == names.end();
  });
  return cases;
}

// Errors: kInvalid, and those of read_secret_file.
Result<GivenAccount> read_account(const Arguments& arguments) {
  const auto refuse = [](const char* why) { return Error{ErrorCode::kInvalid, why, {}}; };
  auto account = arguments.account;
  if (account.config.name.empty()) return refuse("--provider: say whose driver");
  if (arguments.key_file.empty()) return refuse("--key-file: say where the account's key is");
  if (account.hurries && !account.config.base_url.starts_with("http://")) {
    return refuse(
        "--hurry: a provider would refuse calls without pauses: give a --base-url of "
        "http:// on loopback");
  }
  const auto price = parse_money(arguments.price);
  if (!price) return price.error().within("--price");
  const auto patience = parse_duration(arguments.patience);
  if (!patience) return patience.error().within("--patience");
  auto key = read_secret_file(arguments.key_file);
  if (!key) return key.error();
  account.most_price = *price;
  account.patience = *patience;
  account.key = *std::move(key);
  return account;
}

int refuse(const Error& error) {
  std::cerr << "contract: " << error.message << "\n";
  return kNotTried;
}

int try_contract(const Arguments& arguments) {
  const auto cases = choose_cases(arguments.cases);
  if (!cases) return refuse(cases.error());
  const auto account = read_account(arguments);
  if (!account) return refuse(account.error());
  (void)std::setvbuf(stdout, nullptr, _IOLBF, 0);  // also where it is piped
  // Else a failed assertion would end the program before it has ended its machines.
  unsetenv("CMOCKA_TEST_ABORT");  // NOLINT: no threads yet
  Stop stop;
  GivenStage stage(*account, stop);
  if (auto begun = stage.begin(); !begun) return refuse(begun.error());
  std::cout << "contract: " << stage.plan(*cases) << "\n" << std::flush;
  int failures = 0;
  run_stoppable(
      stop,
      [&] { failures = play("contract." + account->config.name, *cases, stage); },
      [&] { return stage.still_billing(); });
  return failures == 0 && !stop.is_asked() ? 0 : kNotKept;
}

}  // namespace

int main(int count, char** words) try {
  CLI::App app{kWhat};
  app.footer(kMore);
  Arguments arguments;
  declare_account(app, arguments);
  declare_extent(app, arguments);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kNotTried;
  }
  if (!arguments.lists) return try_contract(arguments);
  show_cases();
  return 0;
} catch (const std::exception& error) {
  return refuse({ErrorCode::kIo, error.what(), {}});
}
