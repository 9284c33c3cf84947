// SPDX-License-Identifier: GPL-2.0-or-later
//
// spillway-suspend: Slurm's SuspendProgram; and, under the name spillway-resume-fail or with
// --resume-fail, its ResumeFailProgram.
#include <string_view>

#include "ledger/power_call.h"

int main(int argc, char** argv) {
  constexpr std::string_view kResumeFail = "spillway-resume-fail";
  const std::string_view path = argc > 0 ? argv[0] : "";
  if (path.substr(path.rfind('/') + 1) == kResumeFail) {
    return spillway::run_power_call(
        spillway::RequestKind::kResumeFail, kResumeFail.data(), argc, argv);
  }
  return spillway::run_power_call(spillway::RequestKind::kSuspend, "spillway-suspend", argc, argv);
}
