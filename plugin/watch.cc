// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/watch.h"

namespace spillway {
namespace {

constexpr std::int64_t kLookEveryMs = 100;

// 5,000 records are found in a fraction of a millisecond.
constexpr std::int64_t kSearchRecordsEveryMs = 1'000;

}  // namespace

void Watch::refresh() {
  const std::int64_t now = clocks_.monotonic_ms();
  if (last_look_ms_ && now - *last_look_ms_ < kLookEveryMs) return;
  last_look_ms_ = now;
  look();
  judge_validity();
  if (known_ && now - last_search_ms_ >= kSearchRecordsEveryMs) {
    last_search_ms_ = now;
    known_->find_records();
  }
}

void Watch::nodes_changed() {
  if (known_) known_->forget_nodes();
}

void Watch::look() {
  const Result<std::optional<Decisions>> seen = file_.look();
  if (seen) {
    if (*seen) take(**seen);
  } else if (seen.error().code == ErrorCode::kNotFound) {
    set_condition(Condition::kMissing, seen.error().message);
  } else {
    set_condition(Condition::kBroken, seen.error().message);
  }
}

void Watch::take(const Decisions& decisions) {
  Result<Permissions> fresh = Permissions::from(decisions);
  if (!fresh) {
    set_condition(Condition::kBroken, fresh.error().message);
    return;
  }
  if (known_) fresh->inherit(*known_);
  known_ = *std::move(fresh);
  last_search_ms_ = *last_look_ms_;
  set_condition(Condition::kGood, "");
}

void Watch::set_condition(Condition condition, const std::string& why) {
  if (condition == condition_) return;
  condition_ = condition;
  if (condition == Condition::kGood) {
    say(SPILLWAY_INFO, "read, " + std::to_string(known_->job_count()) + " jobs permitted");
  } else if (!known_) {
    say(SPILLWAY_ERROR, why + ": no good one seen yet, so cloud nodes are open to every job");
  } else if (condition == Condition::kMissing) {
    say(SPILLWAY_ERROR, why + ": cloud nodes are hidden from every job");
  } else {
    say(SPILLWAY_ERROR, why + ": the last good one stays in force while it is valid");
  }
}

void Watch::judge_validity() {
  const std::int64_t now = clocks_.unix_seconds();
  const bool is_current = known_ && known_->is_current(now);
  is_permitting_ = is_current && condition_ != Condition::kMissing;
  if (!known_ || is_current == was_current_) return;
  was_current_ = is_current;
  if (is_current) {
    say(SPILLWAY_INFO, "valid again");
  } else {
    say(SPILLWAY_ERROR,
        "written " + std::to_string(now - known_->written()) + " s ago, valid for " +
            std::to_string(known_->valid_for()) +
            " s: cloud nodes are hidden from every job; does spillwayd run?");
  }
}

void Watch::say(spillway_level_t level, const std::string& what) const {
  spillway_log(level, ("decisions " + file_.path() + ": " + what).c_str());
}

}  // namespace spillway
