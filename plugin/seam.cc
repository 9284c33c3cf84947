// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/seam.h"

#include <cstdlib>
#include <ctime>

#include "plugin/placement.h"
#include "plugin/watch.h"

namespace {

constexpr const char* kDefaultPath = "/var/spool/spillway/decisions";

std::int64_t monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1'000 + now.tv_nsec / 1'000'000;
}

std::int64_t unix_seconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec;
}

// Lives as long as slurmctld: at its end Slurm's functions may be gone before our destructors run.
spillway::Watch& watch() {
  static auto* const only = [] {
    const char* path = std::getenv("SPILLWAY_DECISIONS");
    return new spillway::Watch(path != nullptr ? path : kDefaultPath, {monotonic_ms, unix_seconds});
  }();
  return *only;
}

}  // namespace

// Only memory that has run out can throw here, and it does so before the stock plugin was asked or
// after it has refused: to ask it with what the candidates hold then is as good as no opinion.
int spillway_answer(const spillway_question_t* question) try {
  return spillway::place(watch(), *question);
} catch (...) {
  return question->ask_stock(question->context);
}

void spillway_nodes_changed() try { watch().nodes_changed(); } catch (...) {
  // Sets of another size are made anew when they are used.
}
