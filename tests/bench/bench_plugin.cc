// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the plugin adds to a question of Slurm's, and what reading the decisions file costs: 20,000
// cloud nodes, 5,000 permitted jobs, fake sets of nodes, a stock plugin that refuses at once.
// Prints numbers, judges nothing; the budgets are beside them.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "core/decisions.h"
#include "plugin/placement.h"
#include "tests/plugin/decisions_folder.h"
#include "tests/plugin/fake_slurm.h"

using namespace spillway;

namespace {

constexpr int kJobs = 5'000;
constexpr int kNodesAJob = 4;
constexpr int kCloudNodes = kJobs * kNodesAJob;
constexpr int kLocalNodes = 200;

using Steady = std::chrono::steady_clock;

std::string numbered(const char* prefix, int number) {
  const std::string digits = std::to_string(number);
  return prefix + std::string(5 - digits.size(), '0') + digits;
}

std::string decisions_text() {
  Decisions decisions{1000, 120, "cloud-[00001-" + std::to_string(kCloudNodes) + "]", {}, {}};
  for (int job = 1; job <= kJobs; ++job) {
    const std::string name = "h100." + std::to_string(job);
    const int first = (job - 1) * kNodesAJob + 1;
    const std::string nodes =
        "cloud-[" + numbered("", first) + "-" + numbered("", first + kNodesAJob - 1) + "]";
    decisions.sets.push_back({name, nodes});
    decisions.jobs.push_back({static_cast<std::uint32_t>(job), {name}});
  }
  return format_decisions(decisions);
}

template <typename Work>
double nanoseconds_each(int times, Work work) {
  const auto start = Steady::now();
  for (int i = 0; i < times; ++i)
    work(i);
  const std::chrono::duration<double, std::nano> took = Steady::now() - start;
  return took.count() / times;
}

int refuse(void* /*context*/) {
  return 1;
}

void report(const char* what, double nanoseconds, const char* budget) {
  std::printf("%-58s %12.0f ns   %s\n", what, nanoseconds, budget);
}

// One question of `job`; the candidates are made anew in `scratch`, as Slurm does before each.
void measure_questions(Watch& watch, const std::vector<char>& records) {
  const FakeSlurm& slurm = fake_slurm();
  const Nodes local = slurm.make("local-[00001-00200]");
  const Nodes all = slurm.make("local-[00001-00200],cloud-[00001-20000]");
  const Nodes scratch(spillway_nodes_copy(all.get()));
  const auto ask = [&](const Nodes& candidates, const void* job) {
    spillway_nodes_assign(scratch.get(), candidates.get());
    const spillway_question_t question{job, scratch.get(), 0, refuse, nullptr};
    (void)place(watch, question);
  };
  const auto record_of = [&](int i) { return &records[static_cast<std::size_t>(i % kJobs)]; };
  const double copying =
      nanoseconds_each(100'000, [&](int) { spillway_nodes_assign(scratch.get(), all.get()); });
  report("job without cloud candidates",
         nanoseconds_each(100'000, [&](int) { ask(local, nullptr); }) - copying,
         "budget 1000");
  report("job without permission",
         nanoseconds_each(100'000, [&](int) { ask(all, nullptr); }) - copying,
         "");
  report("permitted job, its set looked up for the first time",
         nanoseconds_each(50, [&](int i) { ask(all, record_of(i)); }),
         "(mostly the fake's)");
  report("permitted job, refused everywhere",
         nanoseconds_each(100'000, [&](int i) { ask(all, record_of(i % 50)); }) - copying,
         "");
}

}  // namespace

int main() {
  const DecisionsFolder folder;
  const std::string text = decisions_text();
  const std::vector<char> records(kJobs);
  FakeSlurm& slurm = fake_slurm();
  slurm.unix_seconds = 1000;
  for (int i = 1; i <= kLocalNodes; ++i)
    slurm.nodes.push_back(numbered("local-", i));
  for (int i = 1; i <= kCloudNodes; ++i)
    slurm.nodes.push_back(numbered("cloud-", i));
  for (int job = 1; job <= kJobs; ++job) {
    slurm.records[static_cast<std::uint32_t>(job)] = &records[static_cast<std::size_t>(job - 1)];
  }

  std::printf("decisions file: %zu bytes\n", text.size());
  report("parse it",
         nanoseconds_each(20, [&](int) { (void)parse_decisions(text); }),
         "budget 5000000");
  Watch watch(folder.path(), fake_clocks());
  const double reading = nanoseconds_each(20, [&](int) {
    folder.write(text);
    slurm.monotonic_ms += 100;
    watch.refresh();
  });
  report("write it, read it, find the jobs' records", reading, "at most once a second");
  measure_questions(watch, records);
  return 0;
}
