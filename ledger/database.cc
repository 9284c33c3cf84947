// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>

#include "lib/descriptor.h"
#include "lib/file.h"

namespace spillway {
namespace {

constexpr int kBusyMilliseconds = 5'000;

// The one translation of SQLite's codes. `words` are SQLite's own.
Error database_error(const std::string& path, int code, const std::string& words) {
  switch (code & 0xFF) {  // the primary code
    case SQLITE_NOTADB:
      return Error{ErrorCode::kInvalid, path + ": no ledger: " + words, {}};
    case SQLITE_CORRUPT:
      return Error{ErrorCode::kIo, path + ": the ledger is damaged: " + words, {}};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error{ErrorCode::kIo, path + ": held by another program for 5 s", {}};
    default:
      return Error{ErrorCode::kIo, path + ": " + words, {}};
  }
}

// SQLite would make the file readable to others. Only a file that is not there is opened: to close
// a file's descriptor drops all locks that this process has on it (fcntl(2)), SQLite's too.
Status make_private_file(const std::string& path) {
  const Descriptor file = open_file(path, O_RDWR | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
  if (file.is_open() || errno == EEXIST) return {};
  return Error{ErrorCode::kIo, file_error(path, errno).message, {}};
}

Status check_presence(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? Status() : Status(file_error(path, errno));
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access) {
  const bool writes = access == Access::kReadWrite;
  if (Status ready = writes ? make_private_file(path) : check_presence(path); !ready) {
    return ready.error();
  }
  sqlite3* connection = nullptr;
  const int flags = writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  std::unique_ptr<Database> database(new Database(path, connection));  // closes in every case
  if (code != SQLITE_OK) return database->error(code);
  if (Status configured = database->configure(access); !configured) return configured.error();
  return database;
}

Database::Database(std::string path, sqlite3* connection)
    : path_(std::move(path)), connection_(connection) {}

Database::~Database() {
  for (const auto& [sql, statement] : statements_)
    (void)sqlite3_finalize(statement);
  (void)sqlite3_close(connection_);
}

Status Database::configure(Access access) {
  (void)sqlite3_extended_result_codes(connection_, 1);
  (void)sqlite3_busy_timeout(connection_, kBusyMilliseconds);
  // A journal of the old kind: a ledger on a file system shared by two controllers works with it,
  // and not with a write-ahead log, which wants shared memory.
  const char* const rules = access == Access::kReadWrite
                                ? "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL;"
                                  "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
                                  "PRAGMA cell_size_check=ON"
                                : "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON";
  if (Status status = run(rules); !status) return status;
  if (access == Access::kReadWrite && sqlite3_db_readonly(connection_, "main") == 1) {
    return Error{ErrorCode::kIo, path_ + ": may not be written by this user", {}};
  }
  return {};
}

Error Database::error(int code) const {
  std::string words = connection_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection_);
  const int why = connection_ == nullptr ? 0 : sqlite3_system_errno(connection_);
  const int primary = code & 0xFF;
  if (why != 0 && (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR)) {
    return database_error(file_error(path_, why).message, code, words);
  }
  return database_error(path_, code, words);
}

Status Database::run(const std::string& sql) {
  const int code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status() : Status(error(code));
}

Result<std::int64_t> Database::number(const char* sql) {
  Query query(*this, sql);
  const Result<bool> row = query.next();
  if (!row) return row.error();
  return *row ? query.integer() : 0;
}

sqlite3_stmt* Database::prepared(const char* sql, int& code) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    code = sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  }
  return statement;
}

Query::Query(Database& database, const char* sql)
    : database_(database), statement_(database.prepared(sql, code_)) {}

Query::~Query() {
  (void)sqlite3_reset(statement_);
  (void)sqlite3_clear_bindings(statement_);
}

void Query::bind(std::int64_t number) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, ++parameter_, number);
}

void Query::bind(std::optional<std::int64_t> number) {
  if (number) return bind(*number);
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_null(statement_, ++parameter_);
}

void Query::bind(std::string_view text) {
  // A view of nothing has no address, which SQLite would take for NULL.
  const char* const bytes = text.data() == nullptr ? "" : text.data();
  if (code_ != SQLITE_OK) return;
  code_ = sqlite3_bind_text64(
      statement_, ++parameter_, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);  // NOLINT
}

void Query::bind(TimePoint time) {
  bind(static_cast<std::int64_t>(time.time_since_epoch().count()));
}

void Query::bind(std::optional<TimePoint> time) {
  if (time) return bind(*time);
  bind(std::optional<std::int64_t>());
}

Result<bool> Query::next() {
  if (code_ != SQLITE_OK) return database_.error(code_);
  column_ = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_.error(code);
}

Status Query::run() {
  const Result<bool> row = next();
  return row ? Status() : Status(row.error());
}

std::int64_t Query::integer() {
  return sqlite3_column_int64(statement_, column_++);
}

std::string Query::text() {
  const int column = column_++;
  const void* const bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

TimePoint Query::time() {
  return TimePoint(std::chrono::milliseconds(integer()));
}

std::optional<TimePoint> Query::optional_time() {
  const bool is_null = sqlite3_column_type(statement_, column_) == SQLITE_NULL;
  const TimePoint value = time();
  return is_null ? std::nullopt : std::optional(value);
}

Transaction::~Transaction() {
  // Nothing more can be done if this fails: SQLite rolls back by itself when the file is closed.
  if (is_open_) (void)static_cast<bool>(database_.run("ROLLBACK"));
}

Status Transaction::begin(Kind kind) {
  Status begun = database_.run(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
  is_open_ = static_cast<bool>(begun);
  return begun;
}

Status Transaction::commit() {
  Status committed = database_.run("COMMIT");
  if (committed) is_open_ = false;
  return committed;
}

}  // namespace spillway
