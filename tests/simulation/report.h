// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the program prints.
#pragma once

#include <chrono>
#include <cstdint>

#include "tests/simulation/players.h"

namespace spillway::simulation {

// How many seeds, how fast, how big, how many failed.
void print_sum(const Sum& sum, std::chrono::duration<double> took, double cpu_seconds);
// How often each fault came true.
void print_counts(const FaultCounts& struck);
// The seeds that failed, and the shortest story of the first one. REQUIRES: there is one.
void print_failures(const Sum& sum, Planted planted);
// One seed with its history, shortened when it fails. Returns whether all held.
bool replay(std::uint64_t seed, Planted planted);

}  // namespace spillway::simulation
