// SPDX-License-Identifier: GPL-2.0-or-later
//
// spillway-resume: Slurm's ResumeProgram.
#include "ledger/power_call.h"

int main(int argc, char** argv) {
  return spillway::run_power_call(spillway::RequestKind::kResume, "spillway-resume", argc, argv);
}
