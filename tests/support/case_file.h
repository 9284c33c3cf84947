// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cases as data: a queue, a cluster, a market, and what is to be decided. Their words are explained
// in tests/data/cases/README.md.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result.h"
#include "tests/support/small_world.h"

namespace spillway {

// What can be expected of a job.
inline constexpr std::array kFacts{"standing",
                                   "says",
                                   "rule",
                                   "change",
                                   "instead",
                                   "waits-for",
                                   "pool",
                                   "nodes",
                                   "on",
                                   "offer",
                                   "machines",
                                   "per-hour",
                                   "at-most",
                                   "ready-in",
                                   "fabric",
                                   "comment"};

struct ExpectedJob {
  std::uint32_t job = 0;
  int line = 0;
  std::map<std::string, std::vector<std::string>> facts;  // "standing" -> {"permitted"}
};

struct Case {
  std::string name;
  int line = 0;
  SmallWorld world;
  std::vector<ExpectedJob> expected;
};

// Reads the cases of `text`, each laid over `base`: a key that a case writes replaces the base's.
// Refuses what it does not know, a case that expects nothing, a name given twice.
// Errors: kInvalid; one line a finding, "file:line: name: key: what".
[[nodiscard]] Result<std::vector<Case>> parse_cases(std::string_view text,
                                                    const std::string& file,
                                                    std::string_view base);

// Plays the case and tells where it went otherwise than expected, a line each; none if it did not.
[[nodiscard]] std::vector<std::string> play(Case played);

}  // namespace spillway
