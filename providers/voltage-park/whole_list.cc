// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/whole_list.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "providers/voltage-park/request.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr int kMostPages = 2000;

using Known = std::unordered_set<std::string>;

Result<std::vector<std::string>> read_ids(const std::vector<Json>& rows) {
  std::vector<std::string> ids;
  for (const auto& row : rows) {
    auto id = row.string("id").value_or("");
    if (id.empty()) return not_understood("a row has no id");
    ids.push_back(std::move(id));
  }
  return ids;
}

// Takes the rows of a page that are new. False when none of it is known, so that rows may lie
// between it and what was read; then nothing is taken.
Result<bool> join_page(const std::vector<Json>& rows,
                       bool is_first,
                       Known& known,
                       const std::function<Status(const Json& row)>& take) {
  const auto ids = read_ids(rows);
  if (!ids) return ids.error();
  const bool joins = is_first || std::any_of(ids->begin(), ids->end(), [&](const auto& id) {
                       return known.contains(id);
                     });
  for (std::size_t i = 0; joins && i < rows.size(); ++i) {
    if (!known.insert((*ids)[i]).second) continue;
    if (const auto taken = take(rows[i]); !taken) return taken.error();
  }
  return joins;
}

// True when the page ends where the list does, as far as it tells.
bool reaches_the_end(const VoltageParkPage& page, std::size_t offset) {
  return !page.total || static_cast<std::int64_t>(offset + page.rows.size()) >= *page.total;
}

}  // namespace

Status read_whole_list(const std::string& name,
                       const std::function<Result<VoltageParkPage>(std::size_t offset)>& ask,
                       const std::function<Status(const Json& row)>& take) {
  Known known;
  std::size_t offset = 0;
  for (int asked = 0; asked < kMostPages; ++asked) {
    const auto page = ask(offset);
    if (!page) return page.error();
    const auto joins = join_page(page->rows, offset == 0, known, take);
    if (!joins) return joins.error().within(name);
    if (!*joins) {
      offset -= std::min(offset, kVoltageParkPageRows);
      continue;
    }
    if (!page->has_next || page->rows.empty()) {
      if (reaches_the_end(*page, offset)) return {};
      return not_understood(name + " ends before all its rows are told");
    }
    if (page->rows.size() == 1) break;  // no row of it could be the next page's first
    offset += page->rows.size() - 1;
  }
  return not_understood(name + " has no last page");
}

}  // namespace spillway
