#include "catalog/sqlite/database.h"

#include "base/check.h"

namespace cordwood::catalog {
namespace {

// Another process (a backup, sqlite3) may hold the lock for a moment. Waiting happens on a blocking thread.
constexpr int kBusyTimeoutMillis = 5000;

base::StatusCode code_of(int result) {
  if (result == SQLITE_IOERR_CORRUPTFS || result == SQLITE_IOERR_DATA) return base::StatusCode::kDataLoss;
  switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
      return base::StatusCode::kOk;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return base::StatusCode::kResourceExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return base::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return base::StatusCode::kDataLoss;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return base::StatusCode::kPermissionDenied;
    case SQLITE_CONSTRAINT:
      return base::StatusCode::kAlreadyExists;
    default:
      return base::StatusCode::kInternal;
  }
}

// What an operator does about it.
std::string_view advice(base::StatusCode code) {
  switch (code) {
    case base::StatusCode::kDataLoss:
      return "; restore the catalog from a backup, or move it away to start with none";
    case base::StatusCode::kResourceExhausted:
      return "; free some space";
    default:
      return "";
  }
}

// EXTRA: migrations commit by deleting a rollback journal, and without a sync of the directory a power cut can bring it
// back, which would undo them, and everything that was built on them. With a write-ahead log it is the same as FULL.
constexpr const char* kPragmas =
    "PRAGMA synchronous = EXTRA;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;";

}  // namespace

base::StatusOr<std::unique_ptr<Database>> Database::open(const std::string& path, const char* vfs) {
  sqlite3* handle = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                         SQLITE_OPEN_PRIVATECACHE;
  const int result = sqlite3_open_v2(path.c_str(), &handle, kFlags, vfs);
  if (handle == nullptr) return base::resource_exhausted_error("catalog {}: open: out of memory", path);
  std::unique_ptr<Database> database(new Database(handle, path));
  RETURN_IF_ERROR(database->status_of(result, "open"));
  sqlite3_busy_timeout(handle, kBusyTimeoutMillis);
  RETURN_IF_ERROR(database->execute(kPragmas));
  return database;
}

base::Status Database::use_write_ahead_log() {
  std::string mode;
  {
    Query query(*this, "PRAGMA journal_mode = WAL");
    if (query.next()) mode = query.text(0);
    RETURN_IF_ERROR(query.status());
  }
  if (mode == "wal") return base::ok_status();
  return base::failed_precondition_error(
      "catalog {}: the file system has no shared memory for a write-ahead log (journal_mode={}); use a local one",
      path_, mode);
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

base::Status Database::status_of(int result, std::string_view what) const {
  const base::StatusCode code = code_of(result);
  if (code == base::StatusCode::kOk) return base::ok_status();
  return base::make_status(code, fmt::format("catalog {}: {}: {} (sqlite code {}){}", path_, what,
                                             sqlite3_errmsg(handle_), result, advice(code)));
}

base::Status Database::execute(std::string_view sql) {
  const std::string script(sql);
  return status_of(sqlite3_exec(handle_, script.c_str(), nullptr, nullptr, nullptr),
                   script.substr(0, script.find('\n')));
}

base::StatusOr<sqlite3_stmt*> Database::prepared(std::string_view sql) {
  const auto it = statements_.find(sql);
  if (it != statements_.end()) return it->second;
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
  RETURN_IF_ERROR(status_of(result, sql));
  statements_.emplace(sql, statement);
  return statement;
}

void Query::prepare(std::string_view sql) {
  auto statement = database_.prepared(sql);
  if (!statement.ok()) {
    fail(statement.status());
    return;
  }
  CHECK_MSG(sqlite3_stmt_busy(*statement) == 0, "a statement runs inside its own run");
  statement_ = *statement;
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);  // its result repeats the error of the run, which status() has
  sqlite3_clear_bindings(statement_);
}

bool Query::next() {
  if (!status_.ok()) return false;
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) fail(database_.status_of(result, sqlite3_sql(statement_)));
  return false;
}

void Query::bind(int index, std::int64_t value) {
  if (!status_.ok()) return;
  fail(database_.status_of(sqlite3_bind_int64(statement_, index, value), "bind"));
}

void Query::bind(int index, base::Hash128 value) {
  std::string bytes;
  base::append_bytes(value, bytes);
  bind(index, Blob{bytes});
}

void Query::bind(int index, const std::string& text) {
  if (!status_.ok()) return;
  fail(database_.status_of(
      sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8), "bind"));
}

void Query::bind(int index, Blob blob) {
  if (!status_.ok()) return;
  // A null pointer would store NULL instead of an empty blob.
  const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
  fail(database_.status_of(sqlite3_bind_blob64(statement_, index, data, blob.bytes.size(), SQLITE_TRANSIENT), "bind"));
}

std::string_view Query::bytes(int column) const {
  // The pointer first: asking for the size may convert the value (sqlite.org/c3ref/column_blob.html).
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

base::Hash128 Query::hash(int column) {
  const std::string_view found = bytes(column);
  if (found.size() == 16) return base::hash128_from_bytes(found.data());
  fail(base::data_loss_error("catalog {}: {}: column {}: wanted_bytes=16 found_bytes={}", database_.path(),
                             sqlite3_sql(statement_), column, found.size()));
  return {};
}

Transaction::~Transaction() {
  // Errors of the kind IOERR and FULL roll back by themselves, and then there is nothing open.
  if (sqlite3_get_autocommit(database_.handle_) == 0) database_.execute("ROLLBACK").IgnoreError();
}

}  // namespace cordwood::catalog
