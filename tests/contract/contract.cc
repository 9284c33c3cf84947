// SPDX-License-Identifier: GPL-2.0-or-later
//
// contract --provider P --base-url U --key-file F [--rent]: does this driver keep the contract of
// providers/provider.h at this address, be it a simulated cloud or the provider itself? Without
// --rent the calls are harmless. What needs a cloud that errs on demand is in tests/providers.
#include <CLI/CLI.hpp>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "cli/rent_one.h"
#include "cli/stop.h"
#include "lib/http.h"
#include "lib/secret.h"
#include "providers/registry.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr const char* kCluster = "contract";

// What the command line names; a driver on a real clock and a real wire.
struct Subject {
  ProviderConfig config;
  std::chrono::seconds patience{1800};
  std::unique_ptr<Transport> transport = make_curl_transport("spillway-contract");
  SystemClock clock;
  Secret key;
  std::unique_ptr<Provider> provider;
};

Subject& subject() {
  static Subject the_subject;
  return the_subject;
}

Result<std::unique_ptr<Provider>> connect(const Secret& key) {
  const auto wait = [](std::chrono::milliseconds duration) {
    std::this_thread::sleep_for(duration);
    return true;
  };
  return make_provider({subject().config, key, *subject().transport, subject().clock, wait});
}

template <typename T>
T value_of(Result<T> result) {
  if (!result) fail_msg("%s", result.error().message.c_str());
  return *std::move(result);
}

template <typename T>
void assert_unauthorized(const Result<T>& result, const std::string& key) {
  if (result) fail_msg("a wrong key was taken");
  const auto& error = result.error();
  if (error.code != ErrorCode::kUnauthorized) fail_msg("%s", error.message.c_str());
  if (error.message.find(key) != std::string::npos) fail_msg("the message holds the key");
}

std::vector<Offer> offers() {
  return value_of(subject().provider->offers());
}

std::string trouble_with(const Offer& offer) {
  if (offer.id.provider != subject().config.name) return "of provider " + offer.id.provider;
  if (offer.id.region.empty() || offer.id.type.empty()) return "without region or type";
  const bool has_infiniband = offer.id.fabric == "infiniband";
  if (!has_infiniband && offer.id.fabric != "ethernet") return "of fabric " + offer.id.fabric;
  if (has_infiniband != offer.infiniband) return "of two minds about InfiniBand";
  if (offer.price_per_hour && *offer.price_per_hour <= Money()) return "for nothing";
  if (offer.price_source != PriceSource::kLive) return "with a price that is not live";
  if (offer.stock && *offer.stock < 0) return "with less than no stock";
  if (offer.gpus < 0 || (offer.gpus == 0 && !offer.gpu.empty())) return "of no GPUs with a model";
  return offer.boot_time.count() > 0 ? "" : "that boots in no time";
}

}  // namespace

static void usable_account_has_no_failure(void**) {
  const auto findings = value_of(subject().provider->check());
  assert_int_not_equal(findings.size(), 0);
  for (const auto& finding : findings) {
    if (finding.level == AccountFinding::Level::kFailure) fail_msg("%s", finding.text.c_str());
  }
}

static void offers_are_whole(void**) {
  const auto before = subject().clock.now();
  for (const auto& offer : offers()) {
    auto why = trouble_with(offer);
    if (offer.seen_at < before) why = "seen before it was asked for";
    if (!why.empty()) fail_msg("%s: %s", format_offer_id(offer.id).c_str(), why.c_str());
  }
}

static void offers_are_told_once_and_some_have_a_price(void**) {
  std::set<OfferId> seen;
  bool has_price = false;
  for (const auto& offer : offers()) {
    if (!seen.insert(offer.id).second) fail_msg("%s: twice", format_offer_id(offer.id).c_str());
    has_price = has_price || offer.price_per_hour.has_value();
  }
  if (!has_price) fail_msg("none of %zu offers has a price", seen.size());
}

static void machines_of_others_are_never_listed(void**) {
  for (const auto& machine : value_of(subject().provider->machines(kCluster))) {
    if (machine.mark.cluster != kCluster) fail_msg("%s", format_mark(machine.mark).c_str());
  }
  assert_int_equal(value_of(subject().provider->machines("nobody-is-called-so")).size(), 0);
}

static void wrong_key_is_unauthorized(void**) {
  const std::string wrong = "wrong-" + random_hex(16);
  const auto provider = value_of(connect(Secret(wrong)));
  assert_unauthorized(provider->machines(kCluster), wrong);
  assert_unauthorized(provider->check(), wrong);
}

static void rented_machine_keeps_every_promise_until_it_is_gone(void**) {
  const auto all = offers();
  const auto* const offer = cheapest_in_stock(all);
  if (offer == nullptr) fail_msg("no offer is in stock with a live price");
  Stop stop;
  const Mark mark{kCluster, random_hex(3), kTrialLease, 1};
  RentOne rent({*subject().provider,
                subject().clock,
                *offer,
                mark,
                subject().patience,
                subject().patience,
                [](const std::string& line) { std::cerr << line << "\n"; },
                [&](std::chrono::milliseconds duration) { stop.wait(duration); },
                [&] { return stop.is_asked(); }});
  std::vector<CheckLine> lines;
  run_stoppable(
      stop, [&] { lines = rent.run(); }, [&] { return rent.still_billing(); });
  if (worst_of(lines) != CheckLevel::kOk) fail_msg("%s", check_screen(lines, false).c_str());
  for (const auto& machine : value_of(subject().provider->machines(kCluster))) {
    if (machine.mark != mark || machine.state == CloudState::kGone) continue;
    fail_msg("%s is still there", machine.id.c_str());
  }
}

namespace {

int run_contract(bool rents) {
  const CMUnitTest harmless[] = {
      cmocka_unit_test(usable_account_has_no_failure),
      cmocka_unit_test(offers_are_whole),
      cmocka_unit_test(offers_are_told_once_and_some_have_a_price),
      cmocka_unit_test(machines_of_others_are_never_listed),
      cmocka_unit_test(wrong_key_is_unauthorized),
  };
  const CMUnitTest renting[] = {
      cmocka_unit_test(rented_machine_keeps_every_promise_until_it_is_gone),
  };
  int failures = cmocka_run_group_tests_name("contract", harmless, nullptr, nullptr);
  if (failures > 0 || !rents) return failures;
  return cmocka_run_group_tests_name("contract.rent", renting, nullptr, nullptr);
}

}  // namespace

int main(int count, char** arguments) try {
  CLI::App app{"Does a driver keep the contract of providers/provider.h at this address?"};
  auto& config = subject().config;
  std::string key_file;
  bool rents = false;
  int patience = 1800;
  app.add_option("--provider", config.name, "whose driver")->required();
  app.add_option("--base-url", config.base_url, "its API; without it the provider's own");
  app.add_option("--key-file", key_file, "a file with the key, mode 0600")->required();
  app.add_option("--ssh-key", config.ssh_key, "as in spillway.yaml");
  app.add_option("--image", config.image, "as in spillway.yaml");
  app.add_option("--environment", config.environment, "as in spillway.yaml");
  app.add_option("--region", config.regions, "as in spillway.yaml; may be given again");
  app.add_option("--patience", patience, "seconds until a machine has to run")
      ->check(CLI::PositiveNumber);
  app.add_flag("--rent", rents, "order the cheapest machine, too: this costs money");
  CLI11_PARSE(app, count, arguments);
  subject().patience = std::chrono::seconds(patience);
  auto key = read_secret_file(key_file);
  auto provider = key ? connect(*key) : Result<std::unique_ptr<Provider>>(key.error());
  if (!provider) {
    std::cerr << "contract: " << provider.error().message << "\n";
    return 2;
  }
  subject().provider = *std::move(provider);
  return run_contract(rents) == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "contract: " << error.what() << "\n";
  return 2;
}
