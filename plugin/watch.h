// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugin/decisions_file.h"
#include "plugin/permissions.h"

namespace spillway {

// The two clocks of the plugin. Both may be coarse: they are read at every question.
struct Clocks {
  std::int64_t (*monotonic_ms)();
  std::int64_t (*unix_seconds)();
};

// Keeps the permissions that are in force, and says in slurmctld's log when that changes: once a
// change, not once a question.
//
//   no good file since the start    nothing is known of cloud nodes
//   a good file                     its permissions are in force until its validity ends
//   torn, unreadable, unknown       the last good file stays in force until its validity ends
//   missing, or past its validity   no permission is in force; what is a cloud node stays known
class Watch {
 public:
  Watch(std::string path, Clocks clocks) : file_(std::move(path)), clocks_(clocks) {}

  // Looks at the file if the last look was 100 ms ago or more.
  void refresh();

  // What is known, or nothing; and whether its permissions may be used now.
  [[nodiscard]] Permissions* known() { return known_ ? &*known_ : nullptr; }
  [[nodiscard]] bool is_permitting() const { return is_permitting_; }

  void nodes_changed();

 private:
  enum class Condition { kNotSeen, kGood, kMissing, kBroken };

  void look();
  void take(const Decisions& decisions);
  void set_condition(Condition condition, const std::string& why);
  void judge_validity();
  void say(spillway_level_t level, const std::string& what) const;

  DecisionsFile file_;
  Clocks clocks_;
  std::optional<std::int64_t> last_look_ms_;
  std::int64_t last_search_ms_ = 0;
  Condition condition_ = Condition::kNotSeen;
  std::optional<Permissions> known_;
  bool was_current_ = true;
  bool is_permitting_ = false;
};

}  // namespace spillway
