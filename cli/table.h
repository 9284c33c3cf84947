// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one table style of all screens, and colours that only help to find things faster.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

enum class Tint { kPlain, kGood, kWarning, kBad, kFaint };

// `text` in the colour of `tint`, if `colours`.
[[nodiscard]] std::string tinted(std::string_view text, Tint tint, bool colours);

struct Cell {
  Cell(std::string cell_text, Tint cell_tint = Tint::kPlain)  // NOLINT: conversion is the point
      : text(std::move(cell_text)), tint(cell_tint) {}
  Cell(const char* cell_text) : text(cell_text) {}  // NOLINT: conversion is the point

  std::string text;
  Tint tint = Tint::kPlain;
};

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

// Columns two blanks apart, as wide as their widest cell; no blanks at the ends of lines. Texts are
// UTF-8; a line end or control character in a cell becomes a blank.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Missing cells are empty.
  void add_row(std::vector<Cell> cells);
  // A row of one cell, and a text that runs over all other columns.
  void add_note(Cell first, Cell rest);

  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string text(bool colours) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    bool is_note = false;
  };
  [[nodiscard]] std::vector<std::size_t> widths() const;
  [[nodiscard]] std::string line(const Row& row,
                                 const std::vector<std::size_t>& widths,
                                 bool colours) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

// "8,120.00": for people.
[[nodiscard]] std::string grouped(Money money);
// "12 min ago", "just now".
[[nodiscard]] std::string format_ago(TimePoint then, TimePoint now);
// "12 days old", "3 months old": of what has no time of day.
[[nodiscard]] std::string format_old(TimePoint day, TimePoint now);
// "1 machine", "2 machines".
[[nodiscard]] std::string counted(std::int64_t count, const std::string& noun);
// How long since `then`, without "ago".
[[nodiscard]] std::string format_age(TimePoint then, TimePoint now);

}  // namespace spillway
