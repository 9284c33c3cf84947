// SPDX-License-Identifier: GPL-2.0-or-later
//
// A list that comes in pages, put together: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "lib/result.h"
#include "providers/hyperstack/answer.h"

namespace spillway {

// Hyperstack pages by number, and may give fewer rows in a page than were asked for; a row that
// comes or goes meanwhile moves the others from page to page. So rows are told apart by their ids,
// and what was read is held against the total that each page tells.
class HyperstackListing {
 public:
  // Takes the next page. True when there is another one to ask for.
  bool add(const HyperstackPage& page);

  // The rows that came since the last call; each comes once.
  [[nodiscard]] HyperstackRows take_rows() { return std::exchange(rows_, {}); }

  // REQUIRES: the last page was added. Errors: kTransient when rows are missing or the list changed
  // while it was read: it has to be read anew, from its first page.
  [[nodiscard]] Status check_whole() const;

 private:
  HyperstackRows rows_;
  std::set<std::int64_t> ids_;
  std::optional<std::int64_t> total_;
  bool has_changed_ = false;
  int pages_ = 0;
};

}  // namespace spillway
