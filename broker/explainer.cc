// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/explainer.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr seconds kRefresh{30};  // written again by then, changed or not
constexpr seconds kValid{120};

// 10,000 jobs are 7 MB, and a tenth of a second for the broker: they have 12 s.
seconds pause_after(std::size_t jobs) {
  return std::min(seconds(2 + jobs / 1'000), kRefresh);
}

}  // namespace

std::optional<Explanations> Explainer::tell(std::vector<Verdict> verdicts, TimePoint now) {
  if (told_at_) {
    const auto pause = verdicts == told_ ? kRefresh : pause_after(told_.size());
    if (now < *told_at_ + pause) return std::nullopt;
  }
  told_ = verdicts;
  told_at_ = now;
  return Explanations{now, kValid, std::move(verdicts)};
}

}  // namespace spillway
