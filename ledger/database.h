// SPDX-License-Identifier: GPL-2.0-or-later
//
// SQLite as the ledger uses it: one connection, statements prepared once, transactions that roll
// back unless committed. Nobody outside this room includes it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/result.h"
#include "lib/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace spillway {

class Database {
 public:
  enum class Access { kReadWrite, kReadOnly };

  // Opens the file; kReadWrite makes it, mode 0600. Errors: kNotFound (kReadOnly), kIo, kInvalid
  // (no SQLite file).
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::string& path,
                                                              Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  // Runs statements that take no values and give no rows that matter.
  [[nodiscard]] Status run(const std::string& sql);
  // The first column of the first row.
  [[nodiscard]] Result<std::int64_t> number(const char* sql);

 private:
  friend class Query;
  Database(std::string path, sqlite3* connection);
  [[nodiscard]] Status configure(Access access);
  [[nodiscard]] Error error(int code) const;
  // REQUIRES: `sql` lives as long as the program.
  [[nodiscard]] sqlite3_stmt* prepared(const char* sql, int& code);

  std::string path_;
  sqlite3* connection_;
  std::map<std::string_view, sqlite3_stmt*> statements_;
};

// One use of a prepared statement. While it lives, it may hold a lock.
class Query {
 public:
  Query(Database& database, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // The values of its parameters, in order.
  template <typename... Values>
  Query& with(const Values&... values) {
    (bind(values), ...);
    return *this;
  }

  // Goes to the next row. False past the last one.
  [[nodiscard]] Result<bool> next();
  // For statements without rows.
  [[nodiscard]] Status run();

  // The columns of the current row, from the left: each call reads the next one.
  [[nodiscard]] std::int64_t integer();
  [[nodiscard]] std::string text();
  [[nodiscard]] TimePoint time();
  [[nodiscard]] std::optional<TimePoint> optional_time();

 private:
  void bind(std::int64_t number);
  void bind(std::optional<std::int64_t> number);  // nothing is NULL
  void bind(std::string_view text);
  void bind(TimePoint time);
  void bind(std::optional<TimePoint> time);

  Database& database_;
  sqlite3_stmt* statement_;
  int code_ = 0;  // of the first thing that failed
  int parameter_ = 0;
  int column_ = 0;
};

// Everything between begin() and commit() happens, or nothing of it.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };

  explicit Transaction(Database& database) : database_(database) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // kRead sees one state throughout; kWrite keeps other writers out from here on.
  [[nodiscard]] Status begin(Kind kind);
  [[nodiscard]] Status commit();

 private:
  Database& database_;
  bool is_open_ = false;
};

}  // namespace spillway
