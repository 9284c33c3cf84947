// SPDX-License-Identifier: GPL-2.0-or-later
//
// The explanations file: what the broker thinks of each pending job, for everybody to read without
// a ledger, a key or a word with the broker. The broker writes it new, synced and renamed;
// `spillway why` reads it.
//
//   {"spillway_explanations":1,"written":"2026-11-24T14:00:00Z","valid_for_seconds":120,"jobs":[
//   {"job":1234,"standing":"waiting","sentence":"...","partition":"gpu","rule":"...",
//    "not_before":"2026-11-24T14:03:00Z","plan":null,"instead":["..."],"change":"..."}
//   ]}
//
// One line a job, in Slurm's priority order. Times are UTC, in whole seconds.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/verdict.h"
#include "lib/json.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

struct Explanations {
  TimePoint written;
  std::chrono::seconds valid_for{0};  // it is written anew by then, as long as a broker looks
  std::vector<Verdict> verdicts;      // of one job each
};

// Where it is: beside the decisions file.
[[nodiscard]] std::string explanations_file(const std::string& decisions_file);

// One job's line, for other JSON to hold.
[[nodiscard]] Json verdict_json(const Verdict& verdict);

// Texts become one line each, of 4,000 bytes at most.
[[nodiscard]] std::string format_explanations(const Explanations& explanations);

// Keys that it does not know are passed over: a newer broker may write more.
// Errors: kProtocol, "explanations: job 1234: key: what is wrong".
[[nodiscard]] Result<Explanations> parse_explanations(std::string_view text);

}  // namespace spillway
