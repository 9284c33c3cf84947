// SPDX-License-Identifier: GPL-2.0-or-later
//
// When the explanations file is written: soon after the broker's mind changed, and now and then
// when it did not, so that the file's age tells whether a broker still looks.
#pragma once

#include <optional>
#include <vector>

#include "core/verdict.h"
#include "explain/explanations.h"
#include "lib/time.h"

namespace spillway {

class Explainer {
 public:
  // The file's new text, when it is time for one: two seconds after the last, and in a long queue a
  // second more for each thousand jobs. What changes sooner is told then.
  [[nodiscard]] std::optional<Explanations> tell(std::vector<Verdict> verdicts, TimePoint now);

 private:
  std::vector<Verdict> told_;
  std::optional<TimePoint> told_at_;
};

}  // namespace spillway
