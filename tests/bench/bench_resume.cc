// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one call of spillway-resume costs for 1,000 nodes: from fork to exit, and its peak memory.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/file.h"

namespace {

constexpr int kNodes = 1000;
constexpr int kRuns = 50;
constexpr int kNodesPerJob = 4;

struct Sample {
  double milliseconds = 0;
  long peak_kib = 0;
};

std::string range(int first, int last) {
  char text[64];
  std::snprintf(text, sizeof text, "h100-[%04d-%04d]", first, last);
  return text;
}

// As Slurm 26.05 writes it, 250 jobs of four nodes.
std::string resume_file() {
  std::string text = "{\"jobs\":[";
  for (int first = 1; first <= kNodes; first += kNodesPerJob) {
    const auto nodes = range(first, first + kNodesPerJob - 1);
    text += std::string(first > 1 ? "," : "") + R"({"exclusive":"NODE","extra":null,"job_id":)" +
            std::to_string(1736000 + first) +
            R"(,"priority":4294901759,"features":null,"nodes_alloc":")" + nodes +
            R"(","nodes_resume":")" + nodes +
            R"(","oversubscribe":"NO","partition":"gpu","reservation":null})";
  }
  return text + R"(],"all_nodes_resume":")" + range(1, kNodes) + "\"}";
}

Sample run_once(const std::string& program, const std::string& folder) {
  std::string config = folder + "/spillway.yaml";
  std::string option = "--config";
  std::string nodes = range(1, kNodes);
  std::string file = "SLURM_RESUME_FILE=" + folder + "/resume.json";
  std::string path = program;
  char* arguments[] = {path.data(), option.data(), config.data(), nodes.data(), nullptr};
  char* environment[] = {file.data(), nullptr};
  const auto before = std::chrono::steady_clock::now();
  const pid_t child = vfork();
  if (child == 0) {
    execve(arguments[0], arguments, environment);
    _exit(126);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
    std::fprintf(stderr, "bench resume: %s ended with %d\n", program.c_str(), status);
    std::exit(EXIT_FAILURE);
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - before;
  return {took.count(), usage.ru_maxrss};
}

void print(std::vector<Sample> samples) {
  std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) {
    return a.milliseconds < b.milliseconds;
  });
  long peak = 0;
  for (const auto& sample : samples)
    peak = std::max(peak, sample.peak_kib);
  std::printf(
      "spillway-resume, %d nodes, %d runs: median %.1f ms, 90th percentile %.1f ms, "
      "peak memory %.1f MiB (budget 10 ms)\n",
      kNodes,
      kRuns,
      samples[samples.size() / 2].milliseconds,
      samples[samples.size() * 9 / 10].milliseconds,
      static_cast<double>(peak) / 1024);
}

}  // namespace

int main() {
  const char* build = std::getenv("SPILLWAY_BUILD_DIR");
  std::string folder = "/var/tmp/spillway-bench-XXXXXX";  // a disk: the ledger is synced
  if (build == nullptr || mkdtemp(folder.data()) == nullptr) {
    std::fprintf(stderr, "bench resume: set SPILLWAY_BUILD_DIR; /var/tmp must be writable\n");
    return EXIT_FAILURE;
  }
  const auto program = std::string(build) + "/bin/spillway-resume";
  const bool written = spillway::write_file_atomically(folder + "/resume.json", resume_file()) &&
                       spillway::write_file_atomically(folder + "/spillway.yaml",
                                                       "ledger: " + folder + "/ledger.db\n");
  std::vector<Sample> samples;
  if (written) {
    run_once(program, folder);  // makes the ledger
    for (int i = 0; i < kRuns; ++i)
      samples.push_back(run_once(program, folder));
    print(samples);
  }
  std::filesystem::remove_all(folder);
  return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
