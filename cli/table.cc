// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/table.h"

#include <algorithm>
#include <utility>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLongestCell = 1'000;

const char* escape_of(Tint tint) {
  switch (tint) {
    case Tint::kGood:
      return "\033[32m";
    case Tint::kWarning:
      return "\033[33m";
    case Tint::kBad:
      return "\033[31m";
    case Tint::kFaint:
      return "\033[2m";
    case Tint::kPlain:
      break;
  }
  return "";
}

// Code points; good enough for names and numbers, which is what tables hold.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

std::string tinted(std::string_view text, Tint tint, bool colours) {
  const std::string plain(text);
  if (!colours || tint == Tint::kPlain || plain.empty()) return plain;
  return escape_of(tint) + plain + "\033[0m";
}

void Table::add_row(std::vector<Cell> cells) {
  for (auto& cell : cells)
    cell.text = printable(cell.text, kLongestCell);
  cells.resize(columns_.size(), Cell(""));
  rows_.push_back({std::move(cells), false});
}

void Table::add_note(Cell first, Cell rest) {
  first.text = printable(first.text, kLongestCell);
  rest.text = printable(rest.text, kLongestCell);
  rows_.push_back({{std::move(first), std::move(rest)}, true});
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t at = 0; at < columns_.size(); ++at) {
    std::size_t width = width_of(columns_[at].title);
    for (const auto& row : rows_) {
      if (!row.is_note || at == 0) width = std::max(width, width_of(row.cells[at].text));
    }
    widths.push_back(width);
  }
  return widths;
}

std::string Table::line(const Row& row,
                        const std::vector<std::size_t>& widths,
                        bool colours) const {
  std::string line;
  std::size_t owed = 0;  // blanks that are written only if something follows
  for (std::size_t at = 0; at < row.cells.size(); ++at) {
    const Cell& cell = row.cells[at];
    const std::size_t width = width_of(cell.text);
    const bool pads = at < widths.size() && !(row.is_note && at > 0) && width < widths[at];
    const std::size_t padding = pads ? widths[at] - width : 0;
    const bool is_right = columns_[at].align == Align::kRight && !row.is_note;
    if (is_right) owed += padding;
    if (!cell.text.empty()) {
      line += std::string(owed, ' ') + tinted(cell.text, cell.tint, colours);
      owed = 0;
    }
    if (!is_right) owed += padding;
    owed += kGap;
  }
  return line + "\n";
}

std::string Table::text(bool colours) const {
  const auto columns = widths();
  Row titles;
  for (const auto& column : columns_)
    titles.cells.emplace_back(column.title);
  std::string text = line(titles, columns, false);
  for (const auto& row : rows_)
    text += line(row, columns, colours);
  return text;
}

std::string grouped(Money money) {
  std::string text = format_money(money);
  const std::size_t first = text.front() == '-' ? 1 : 0;
  for (std::size_t at = text.find('.'); at > first + 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string format_age(TimePoint then, TimePoint now) {
  return format_duration(std::chrono::floor<std::chrono::seconds>(now - then));
}

std::string format_ago(TimePoint then, TimePoint now) {
  if (now - then < std::chrono::seconds(1)) return "just now";
  return format_age(then, now) + " ago";
}

std::string format_old(TimePoint day, TimePoint now) {
  constexpr std::int64_t kDaysOfMonth = 30;
  const std::int64_t days = std::chrono::floor<std::chrono::days>(now - day).count();
  if (days < 1) return "of today";
  if (days < 2 * kDaysOfMonth) return counted(days, "day") + " old";
  return counted(days / kDaysOfMonth, "month") + " old";
}

std::string counted(std::int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace spillway
