// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway why`: why a job waits, bursts or stays, in its owner's words. The answer is what the
// broker last thought; Slurm and the ledger add to it, when they can be asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/job_now.h"
#include "core/books.h"
#include "core/config.h"
#include "explain/explanations.h"
#include "lib/json.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

struct WhyInput {
  std::uint32_t job = 0;
  const Config& config;
  const Result<Explanations>& told;  // by the broker
  const Result<JobNow>& slurm;
  const Books* books = nullptr;  // of the ledger; nullptr: this user may not read it
  TimePoint now;
};

// True when something is known of the job, and what is known is not out of date.
[[nodiscard]] bool has_answer(const WhyInput& input);

[[nodiscard]] std::string why_screen(const WhyInput& input, bool colours);
[[nodiscard]] Json why_json(const WhyInput& input);

// "1234", also as a task of an array ("1234_7") or a part of a heterogeneous job ("1234+1"), which
// stand for the whole. Errors: kInvalid.
[[nodiscard]] Result<std::uint32_t> parse_job_id(std::string_view text);

}  // namespace spillway
