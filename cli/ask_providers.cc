// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/ask_providers.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "cli/asking_line.h"
#include "cli/doctor.h"
#include "cli/watched_transport.h"
#include "lib/http.h"
#include "lib/secret.h"
#include "lib/time.h"
#include "providers/registry.h"

namespace spillway {
namespace {

// With an empty key nothing can be asked; capabilities are there all the same.
Result<std::unique_ptr<Connection>> make_connection(const ProviderConfig& config, Secret key) {
  auto connection = std::make_unique<Connection>();
  connection->transport = std::make_unique<WatchedTransport>(
      make_curl_transport("spillway/" SPILLWAY_VERSION), connection->clock);
  const auto let_pass = [](std::chrono::milliseconds duration) {
    std::this_thread::sleep_for(duration);
    return true;
  };
  auto provider =
      make_provider({config, std::move(key), *connection->transport, connection->clock, let_pass});
  if (!provider) return provider.error();
  connection->provider = std::move(*provider);
  return connection;
}

// Runs `ask` for each provider on a thread of its own and waits for all.
void ask_each(const std::vector<ProviderConfig>& providers,
              const std::function<void(std::size_t, const ProviderConfig&)>& ask) {
  std::vector<std::thread> threads;
  threads.reserve(providers.size());
  for (std::size_t at = 0; at < providers.size(); ++at)
    threads.emplace_back([&, at] { ask(at, providers[at]); });
  for (auto& thread : threads)
    thread.join();
}

ProviderAnswer offers_of(const ProviderConfig& config) {
  ProviderAnswer answer;
  answer.provider = config.name;
  const auto connection = connect_to(config);
  if (!connection) {
    answer.error = connection.error();
    return answer;
  }
  answer.capabilities = (*connection)->provider->capabilities();
  auto offers = (*connection)->provider->offers();
  if (offers) {
    answer.offers = std::move(*offers);
  } else {
    answer.error = offers.error();
  }
  return answer;
}

std::vector<CheckLine> account_of(const ProviderConfig& config) {
  const auto connection = connect_to(config);
  if (!connection) return check_account(config, connection.error().within("not asked"));
  auto lines = check_account(config, (*connection)->provider->check());
  const auto clock = check_clock(config.name, clock_ahead((*connection)->transport->calls()));
  lines.insert(lines.end(), clock.begin(), clock.end());
  return lines;
}

}  // namespace

Result<std::unique_ptr<Connection>> connect_to(const ProviderConfig& config) {
  auto key = read_secret_file(config.key_file);
  if (!key) return key.error();
  return make_connection(config, std::move(*key));
}

std::vector<ProviderAnswer> ask_for_offers(const Config& config, const std::string& only) {
  std::vector<ProviderConfig> asked;
  std::copy_if(config.providers.begin(),
               config.providers.end(),
               std::back_inserter(asked),
               [&](const ProviderConfig& each) { return only.empty() || each.name == only; });
  std::vector<ProviderAnswer> answers(asked.size());
  std::vector<std::string> names;
  names.reserve(asked.size());
  for (const auto& each : asked)
    names.push_back(each.name);
  AskingLine line(names, terminal_for_asking());
  ask_each(asked, [&](std::size_t at, const ProviderConfig& each) {
    answers[at] = offers_of(each);
    line.note_answer(each.name);
  });
  return answers;
}

std::vector<CheckLine> ask_about_accounts(const Config& config) {
  std::vector<std::vector<CheckLine>> parts(config.providers.size());
  ask_each(config.providers,
           [&](std::size_t at, const ProviderConfig& each) { parts[at] = account_of(each); });
  std::vector<CheckLine> lines;
  for (const auto& part : parts)
    lines.insert(lines.end(), part.begin(), part.end());
  return lines;
}

std::map<std::string, std::chrono::seconds> typical_boot_times(const Config& config) {
  std::map<std::string, std::chrono::seconds> by_provider;
  for (const auto& each : config.providers) {
    const auto connection = make_connection(each, Secret());
    if (connection) by_provider[each.name] = (*connection)->provider->capabilities().typical_boot;
  }
  std::map<std::string, std::chrono::seconds> by_pool;
  for (const auto& pool : config.pools) {
    for (const auto& offer : pool.offers) {
      const auto known = by_provider.find(offer.provider);
      if (known == by_provider.end()) continue;
      auto& boot = by_pool[pool.name];
      boot = std::max(boot, known->second);
    }
  }
  return by_pool;
}

}  // namespace spillway
