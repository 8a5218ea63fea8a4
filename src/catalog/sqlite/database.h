// One SQLite connection with its prepared statements. All calls block, and come from one thread at a time.
//
// Errors: FULL is ResourceExhausted; BUSY, LOCKED and IOERR Unavailable (it may or may not have happened); CORRUPT and
// NOTADB DataLoss; READONLY and PERM PermissionDenied; a violated UNIQUE AlreadyExists; the rest Internal.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/status.h"
#include "base/time.h"

namespace cordwood::catalog {

// Bytes to be stored as a blob.
struct Blob {
  std::string_view bytes;
};

class Database {
 public:
  // Opens or creates the file; every commit is synced to the medium. `vfs` is the name of a registered one; null:
  // SQLite's own.
  static base::StatusOr<std::unique_ptr<Database>> open(const std::string& path, const char* vfs = nullptr);
  // Turns write-ahead logging on, so that readers and the writer do not wait for each other. It is a property of the
  // file, hence not done before the file is known to be ours.
  base::Status use_write_ahead_log();
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // A script without parameters or results.
  base::Status execute(std::string_view sql);
  const std::string& path() const { return path_; }
  // Rows that the last statement changed.
  std::int64_t changes() const { return sqlite3_changes64(handle_); }

 private:
  friend class Query;
  friend class Transaction;
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  base::StatusOr<sqlite3_stmt*> prepared(std::string_view sql);
  base::Status status_of(int result, std::string_view what) const;

  sqlite3* const handle_;
  const std::string path_;
  // Bounded by the statements in the source.
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

// One run of a statement:
//   Query query(database, "SELECT a FROM t WHERE b = ?1", b);
//   while (query.next()) use(query.integer(0));
//   RETURN_IF_ERROR(query.status());
// The same text may not be run inside its own run. Columns are valid after next() gave true, until the next call.
class Query {
 public:
  template <typename... Args>
  Query(Database& database, std::string_view sql, const Args&... args) : database_(database) {
    prepare(sql);
    [[maybe_unused]] int index = 0;
    (bind(++index, args), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool next();
  // The first error of preparing, binding, running, or reading a column that cannot be what it should.
  const base::Status& status() const { return status_; }
  // For statements without rows.
  base::Status run() {
    while (next()) {
    }
    return status_;
  }

  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint64_t unsigned_integer(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  base::UnixNanos time(int column) const { return base::UnixNanos{integer(column)}; }
  std::string_view bytes(int column) const;
  std::string text(int column) const { return std::string(bytes(column)); }
  // DataLoss in status() unless the column has 16 bytes.
  base::Hash128 hash(int column);
  void fail(base::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

 private:
  void prepare(std::string_view sql);
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::int32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, base::UnixNanos value) { bind(index, value.value); }
  void bind(int index, base::Hash128 value);
  void bind(int index, const std::string& text);
  void bind(int index, Blob blob);

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  base::Status status_;
};

// Rolled back on destruction unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  // Takes the write lock at once, so that no later statement can fail because somebody else has it.
  base::Status begin_write() { return database_.execute("BEGIN IMMEDIATE"); }
  // One consistent state for several queries.
  base::Status begin_read() { return database_.execute("BEGIN DEFERRED"); }
  base::Status commit() { return database_.execute("COMMIT"); }

 private:
  Database& database_;
};

}  // namespace cordwood::catalog
