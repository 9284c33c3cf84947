// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/explainer.h"

#include <chrono>

#include "explain/explanations.h"

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr seconds kBetweenChanges{2};  // at least
constexpr seconds kRefresh{30};        // written again by then, changed or not
constexpr seconds kValid{120};

}  // namespace

std::optional<std::string> Explainer::text(const std::vector<Verdict>& verdicts, TimePoint now) {
  if (told_at_) {
    const auto next = *told_at_ + (verdicts == told_ ? kRefresh : kBetweenChanges);
    if (now < next) return std::nullopt;
  }
  told_ = verdicts;
  told_at_ = now;
  return format_explanations({now, kValid, verdicts});
}

}  // namespace spillway
