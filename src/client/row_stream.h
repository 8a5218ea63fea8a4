// The native streaming query as the command line reads it (docs/protocols/query.md).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "client/coverage.h"
#include "client/endpoint.h"
#include "core/labels.h"
#include "core/record.h"

namespace cordwood::client {

struct ClientRow {
  base::UnixNanos time;
  core::SharedLabels labels;
  std::string line;  // bytes
  std::vector<core::Label> metadata;
  std::vector<core::Label> parsed;
  std::string generation;  // 32 hex digits
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> number;
  core::LineEnd end = core::LineEnd::kLf;
  bool continuation = false;
};

struct Progress {
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t rows = 0;
};

struct QueryEnd {
  std::uint64_t rows = 0;
  double exec_ms = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> unreadable;
  std::string error;                     // why the query stopped early
  std::optional<CoverageNote> coverage;  // of servers that tell
};

struct RowQueryOptions {
  std::string query;
  std::optional<base::UnixNanos> start;  // none = everything kept
  std::optional<base::UnixNanos> end;    // none = now, by the server's clock
  std::optional<std::uint64_t> limit;
  bool forward = false;
  bool source_order = false;
  std::string cursor;
};

struct RowCallbacks {
  // Returning false ends the query.
  std::function<bool(const ClientRow&)> row;
  std::function<void()> batch_end;                // after the rows of one event; may be empty
  std::function<void(const Progress&)> progress;  // may be empty
};

// Runs one query. An answer without its last event is Unavailable. `cursor_out`, when not null, gets the place after
// the last row seen.
base::StatusOr<QueryEnd> run_row_query(Connection& connection, const RowQueryOptions& options,
                                       const RowCallbacks& callbacks, std::string* cursor_out = nullptr);

// Cuts pieces of a body into events; exposed for tests.
class EventReader {
 public:
  explicit EventReader(const RowCallbacks& callbacks);
  ~EventReader();
  // False when a callback wants to stop. A malformed event is InvalidArgument.
  base::StatusOr<bool> feed(std::string_view data);
  const std::optional<QueryEnd>& end() const { return end_; }
  const std::string& cursor() const { return cursor_; }

 private:
  struct Parser;
  base::StatusOr<bool> handle(std::string_view event);
  const RowCallbacks& callbacks_;
  std::unique_ptr<Parser> parser_;
  std::string buffer_;  // an event that has not ended; at most kEventBytesMax
  std::map<std::uint64_t, core::SharedLabels> streams_;
  std::optional<CoverageNote> coverage_;
  std::optional<QueryEnd> end_;
  std::string cursor_;
};

// Standard base64 with padding; nullopt when malformed.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace cordwood::client
