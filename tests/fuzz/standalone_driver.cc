// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs a fuzz harness without libFuzzer: replays a corpus folder, then a series of random mutations
// of it. The series is fixed by the seed, and each run by seed + its number, so that a finding of
// run N is shown again by `--seed <seed + N> --runs 1`.
//
//   fuzz_<name> CORPUS [--seed N] [--runs N]
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kLongestInput = 64 * 1024;
constexpr auto kLongestTime = std::chrono::seconds(2);

using Corpus = std::vector<std::string>;
using Random = std::mt19937_64;

// What a signal handler can tell: what was running, as text that is ready to be written.
std::array<char, 256> now_running{};

void on_crash(int signal_number) {
  constexpr std::string_view kCrashed = "fuzz: crashed in ";
  if (write(STDERR_FILENO, kCrashed.data(), kCrashed.size()) >= 0) {
    [[maybe_unused]] const auto written =
        write(STDERR_FILENO, now_running.data(), std::strlen(now_running.data()));
  }
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

void run(const std::string& input, const std::string& name) {
  std::snprintf(now_running.data(), now_running.size(), "%s\n", name.c_str());
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::size_t below(Random& random, std::size_t bound) {
  return bound == 0 ? 0 : static_cast<std::size_t>(random() % bound);
}

char odd_byte(Random& random) {
  static constexpr char kOdd[] = "\0\n\r\t ,-[]{}\":0019x/\\\x7f\x80\xff";
  return random() % 4 == 0 ? static_cast<char>(random()) : kOdd[below(random, sizeof kOdd - 1)];
}

void mutate_once(std::string& input, const Corpus& corpus, Random& random) {
  const std::size_t at = below(random, input.size());
  const std::size_t length = below(random, std::min<std::size_t>(input.size() - at, 64)) + 1;
  switch (random() % 7) {
    case 0:
      if (!input.empty()) input[at] = static_cast<char>(input[at] ^ (1 << (random() % 8)));
      break;
    case 1:
      if (!input.empty()) input[at] = odd_byte(random);
      break;
    case 2:
      input.insert(at, 1, odd_byte(random));
      break;
    case 3:
      input.erase(at, length);
      break;
    case 4:
      input.insert(below(random, input.size()), input.substr(at, length));
      break;
    case 5:
      input.resize(at);
      break;
    default: {
      const std::string& other = corpus[below(random, corpus.size())];
      input += other.substr(below(random, other.size()));
    }
  }
}

std::string mutated(const Corpus& corpus, Random& random) {
  std::string input = corpus[below(random, corpus.size())];
  for (std::size_t left = 1 + below(random, 6); left > 0; --left) {
    mutate_once(input, corpus, random);
  }
  if (input.size() > kLongestInput) input.resize(kLongestInput);
  return input;
}

Corpus replay(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());

  Corpus corpus;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    run(corpus.back(), "the file " + file.string());
  }
  return corpus;
}

std::uint64_t run_mutations(const Corpus& corpus, std::uint64_t seed, std::uint64_t runs) {
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t number = 0; number < runs; ++number) {
    if (std::chrono::steady_clock::now() - start > kLongestTime) return number;
    Random random(seed + number);
    run(mutated(corpus, random), "run --seed " + std::to_string(seed + number) + " --runs 1");
  }
  return runs;
}

std::uint64_t option(int argc, char** argv, const char* name, std::uint64_t fallback) {
  for (int i = 2; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::strtoull(argv[i + 1], nullptr, 10);
  }
  return fallback;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS [--seed N] [--runs N]\n", argv[0]);
    return 2;
  }
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal_number, on_crash);
  }
  const std::uint64_t seed = option(argc, argv, "--seed", 20'240'101);
  const std::uint64_t runs = option(argc, argv, "--runs", 20'000);
  const Corpus corpus = replay(argv[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: no corpus in %s\n", argv[0], argv[1]);
    return 2;
  }
  const std::uint64_t done = run_mutations(corpus, seed, runs);
  std::printf("%zu files, %llu mutations from seed %llu\n",
              corpus.size(),
              static_cast<unsigned long long>(done),
              static_cast<unsigned long long>(seed));
  return 0;
}
