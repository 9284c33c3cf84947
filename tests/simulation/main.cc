// SPDX-License-Identifier: GPL-2.0-or-later
//
// simulate-faults: plays the broker through seeds, each a small world and what goes wrong in it,
// and tells the first one in which something that must always hold did not.
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "lib/log.h"
#include "tests/simulation/players.h"
#include "tests/simulation/report.h"

using namespace spillway;
using namespace spillway::simulation;

namespace {

struct Options {
  Seeds seeds;
  std::optional<std::uint64_t> seed;
  bool counts = false;
  std::string planted;  // a name, or "all"
};

bool play_and_tell(const Options& options) {
  using Steady = std::chrono::steady_clock;
  const auto begun = Steady::now();
  const auto begun_cpu = std::clock();
  const auto sum = play(options.seeds);
  print_sum(
      sum, Steady::now() - begun, static_cast<double>(std::clock() - begun_cpu) / CLOCKS_PER_SEC);
  if (options.counts) print_counts(sum.struck);
  if (!sum.failed.empty()) print_failures(sum, options.seeds.planted);
  return sum.failed.empty();
}

// Each planted bug until the first seed that finds it. Returns whether all are found.
bool find_all_planted(Seeds seeds) {
  bool all = true;
  seeds.failures = 1;
  for (const auto& [planted, name, words] : all_planted()) {
    seeds.planted = planted;
    const auto sum = play(seeds);
    if (sum.failed.empty()) {
      std::printf("%s (%s): NOT FOUND\n", words, name);
      all = false;
      continue;
    }
    const auto& [seed, trouble] = *sum.failed.begin();
    std::printf("%s (%s): seed %llu: %s\n",
                words,
                name,
                static_cast<unsigned long long>(seed),
                trouble.c_str());
  }
  return all;
}

std::vector<std::string> names_of_planted() {
  std::vector<std::string> names = {"all"};
  for (const auto& facts : all_planted())
    names.emplace_back(facts.name);
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Plays the broker through seeds of faults, on virtual time.");
  app.add_option("--seeds", options.seeds.count, "how many");
  app.add_option("--first", options.seeds.first, "the first of them");
  app.add_option("--seed", options.seed, "this one alone, with its history");
  app.add_option("--jobs", options.seeds.at_a_time, "at a time")->check(CLI::Range(1, 256));
  app.add_option("--failures", options.seeds.failures, "go on until so many have failed");
  app.add_flag("--counts", options.counts, "how often each fault came true");
  app.add_option(
         "--planted", options.planted, "with this bug planted; all: each, until it is found")
      ->check(CLI::IsMember(names_of_planted()));
  CLI11_PARSE(app, argc, argv);
  silence_log();
  if (options.planted == "all") return find_all_planted(options.seeds) ? 0 : 1;
  options.seeds.planted = parse_planted(options.planted).value_or(Planted::kNothing);
  const bool holds =
      options.seed ? replay(*options.seed, options.seeds.planted) : play_and_tell(options);
  return holds ? 0 : 1;
}
