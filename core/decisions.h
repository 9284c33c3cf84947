// SPDX-License-Identifier: GPL-2.0-or-later
//
// The decisions file: all that the plugin knows. The broker formats it, the plugin parses it.
//
//   spillway-decisions 1
//   written 1795277410 valid-for 120
//   cloud h100ib-[001-064],h100-[001-064]
//   set h100ib.1234 h100ib-[001-004]
//   job 1234 h100ib.1234
//   end 1
//
// Lines end with '\n', fields are parted by one blank; `end` counts the job lines and is last, so a
// torn file is known as torn. An unknown line, a set that is not defined above its job, a job or
// set given twice, a number that does not fit: the whole file is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result.h"

namespace spillway {

struct Decisions {
  struct Set {
    std::string name;
    std::string nodes;  // host list expression; not expanded here
    friend bool operator==(const Set&, const Set&) = default;
  };
  struct Job {
    std::uint32_t id = 0;
    std::vector<std::string> sets;  // names, in the order to try; never empty
    friend bool operator==(const Job&, const Job&) = default;
  };

  std::int64_t written = 0;    // seconds since 1970
  std::int64_t valid_for = 0;  // seconds
  std::string cloud;           // host list expression of every cloud node; empty when there is none
  std::vector<Set> sets;
  std::vector<Job> jobs;
};

// REQUIRES: names and expressions without blanks; every job's sets are among `sets`.
[[nodiscard]] std::string format_decisions(const Decisions& decisions);

// Errors: kInvalid, "line N: what".
[[nodiscard]] Result<Decisions> parse_decisions(std::string_view text);

}  // namespace spillway
