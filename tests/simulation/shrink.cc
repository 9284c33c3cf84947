// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/shrink.h"

#include <utility>

namespace spillway::simulation {
namespace {

bool still_fails(const RunPlan& plan, const std::string& violated) {
  return run(plan, Keeping::kNothing).violated == violated;
}

// Takes out one element after the other; true when any could go.
template <typename Element>
bool drop_needless(RunPlan& plan,
                   std::vector<Element> RunPlan::*list,
                   const std::string& violated) {
  bool dropped = false;
  for (std::size_t i = (plan.*list).size(); i-- > 0;) {
    RunPlan without = plan;
    auto& elements = without.*list;
    elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(i));
    if (!still_fails(without, violated)) continue;
    plan = std::move(without);
    dropped = true;
  }
  return dropped;
}

}  // namespace

RunPlan shrink(RunPlan plan, const std::string& violated) {
  while (drop_needless(plan, &RunPlan::faults, violated) ||
         drop_needless(plan, &RunPlan::jobs, violated)) {
  }
  return plan;
}

}  // namespace spillway::simulation
