// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/paging.h"

namespace spillway {

bool HyperstackListing::add(const HyperstackPage& page) {
  if (pages_++ > 0 && page.total != total_) has_changed_ = true;
  total_ = page.total;
  const auto before = ids_.size();
  for (const auto& row : page.rows) {
    if (ids_.insert(row.integer("id").value_or(0)).second) rows_.push_back(row);
  }
  if (ids_.size() == before) return false;
  // Should `total` be of one page only, a full page is not taken for the last.
  const bool is_full = page.rows.size() >= kHyperstackPageSize;
  return !total_ || is_full || static_cast<std::int64_t>(ids_.size()) < *total_;
}

Status HyperstackListing::check_whole() const {
  const bool is_whole = !total_ || static_cast<std::int64_t>(ids_.size()) >= *total_;
  if (is_whole && !has_changed_) return {};
  return Error{ErrorCode::kTransient,
               "the list changed while it was read: " + std::to_string(ids_.size()) + " of " +
                   std::to_string(total_.value_or(0)) + " rows",
               std::nullopt};
}

}  // namespace spillway
