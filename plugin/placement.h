// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plugin/seam.h"
#include "plugin/watch.h"

namespace spillway {

// Answers one question of Slurm, as spillway_answer() promises.
//
//   test only, or no cloud node among the candidates   the question goes on untouched
//   no permission                                      without the cloud nodes
//   run now                                            without the cloud nodes, then set by set
//   will run                                           set by set, then without the cloud nodes
//
// The first success stands. On failure the candidates are what the stock plugin leaves of them
// without the cloud nodes.
[[nodiscard]] int place(Watch& watch, const spillway_question_t& question);

}  // namespace spillway
