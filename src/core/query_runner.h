// QueryRunner: ask the store in LogQL. Implemented by query, used by api and rules.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "base/sync.h"
#include "base/task.h"
#include "core/explore.h"
#include "core/ids.h"
#include "core/labels.h"
#include "core/record.h"
#include "core/time_range.h"

namespace cordwood::core {

enum class Direction { kForward, kBackward };

// Loki's detected_level is worked out by the query (docs/decisions/0005-detected-level-at-query-time.md): never, when
// the query names it, or also for every row of a log query that is given out.
enum class LevelUse { kNever, kWhenNamed, kAlways };

// What was done for a query; true figures, not estimates.
struct QueryStats {
  std::uint64_t bytes_processed = 0;  // of line text looked at
  std::uint64_t lines_processed = 0;
  std::uint64_t lines_matched = 0;
  std::uint64_t parts_total = 0;
  std::uint64_t parts_skipped = 0;  // by time, labels or filters
  std::uint64_t blocks_read = 0;
  // Metric queries: blocks whose results might have been remembered from a query before, and those that were.
  std::uint64_t blocks_asked = 0;
  std::uint64_t blocks_remembered = 0;
  base::nanoseconds exec_time{0};
  base::nanoseconds queue_time{0};  // before it began; known to whoever queued it
  // Parts or blocks that could not be read: the answer is not complete. Text for people.
  std::vector<std::string> unreadable;
};

// --- Loki's queries: the whole answer at once, bounded by limits
// -------------------------------------------------------

struct QueryRequest {
  TenantId tenant;
  std::string query;
  bool instant = false;  // at `end`; otherwise from `start` to `end`
  UnixNanos start;       // log queries: [start, end)
  UnixNanos end;
  base::nanoseconds step{0};      // metric range queries
  base::nanoseconds interval{0};  // log queries: thin entries
  std::uint32_t limit = 100;      // log queries: entries over all streams
  Direction direction = Direction::kBackward;
  LevelUse levels = LevelUse::kNever;
  // Too many series: the first ones and a warning, as Logs Drilldown wants it, instead of an error.
  bool cut_series = false;
  // Whether results of queries before may be used; they are never stale.
  bool remembered = true;
  base::CancelToken cancel;
};

struct LogEntry {
  UnixNanos time;
  std::string line;
  std::vector<Label> structured_metadata;
  std::vector<Label> parsed;
};
struct LogStream {
  // The stream's labels; unless the request asks for categories, merged with metadata and parsed labels by the caller.
  Labels labels;
  std::vector<LogEntry> entries;  // in the order of the query's direction
};
struct Sample {
  UnixNanos time;
  double value = 0;
};
struct Series {
  Labels labels;
  std::vector<Sample> samples;
};
using LogResult = std::vector<LogStream>;  // streams sorted by labels
struct MatrixResult {
  std::vector<Series> series;
};
struct VectorResult {
  std::vector<Series> series;
};  // one sample each
struct ScalarResult {
  Sample sample;
};
struct QueryResult {
  std::variant<LogResult, MatrixResult, VectorResult, ScalarResult> data;
  QueryStats stats;
  std::vector<std::string> warnings;
  // A budget (time, memory, bytes) ended the query: this is what it had, and a warning says why. Alerts must take it
  // for an error.
  bool partial = false;
};

// --- the native streaming query: any number of rows at bounded memory ------------------------------------------------

// The place of a row in the order of a query; names (time, stream, source, offset), never a time alone. Unnamed rows
// have generation = (journal node, sequence) and offset = index, so that the triple is unique. Order within the same
// time: stream, generation, offset.
struct RowPosition {
  UnixNanos time;
  StreamId stream;
  GenerationId generation;
  std::uint64_t offset = 0;
  auto operator<=>(const RowPosition&) const = default;
};

enum class RowOrder {
  kTime,    // by RowPosition, in `direction`
  kSource,  // by stream labels, then generation (oldest first record first), then offset: as in the files
};

struct RowQuery {
  TenantId tenant;
  std::string query;  // a log query
  TimeRange range;
  Direction direction = Direction::kBackward;
  RowOrder order = RowOrder::kTime;
  std::optional<std::uint64_t> limit;
  std::optional<RowPosition> after;  // go on after this row (kTime only)
  LevelUse levels = LevelUse::kNever;
  base::CancelToken cancel;
};

struct Row {
  RowPosition position;
  std::string line;  // bytes as stored, not necessarily UTF-8
  SharedLabels stream_labels;
  std::vector<Label> structured_metadata;
  std::vector<Label> parsed;
  RecordFlags flags;
  bool named = false;  // from a source: generation, offset and line_number are its own
  std::uint64_t line_number = 0;
};

// Pull-based, so the reader's pace bounds memory. Destroying it cancels the query.
class RowCursor {
 public:
  virtual ~RowCursor() = default;
  // The next rows (at least one), or an empty vector at the end. After an error the cursor is at its end.
  virtual base::Task<base::StatusOr<std::vector<Row>>> next() = 0;
  virtual const QueryStats& stats() const = 0;
  // Figures so far, for a progress bar. Unlike stats() it may be called from another thread while next() runs.
  virtual QueryStats progress() const { return {}; }
};

// --- looking around
// ----------------------------------------------------------------------------------------------------

struct SeriesRequest {
  TenantId tenant;
  std::vector<std::string> selectors;  // union; empty = all streams
  TimeRange range;
};

struct StreamRef {
  StreamId id;
  SharedLabels labels;
};

struct IndexStats {
  std::uint64_t streams = 0;
  std::uint64_t chunks = 0;  // parts
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

// Thread-safe. Parse errors are InvalidArgument with Loki's text ("parse error at line 1, col 2: ...").
class QueryRunner {
 public:
  virtual ~QueryRunner() = default;
  virtual base::Task<base::StatusOr<QueryResult>> run(QueryRequest request) = 0;
  virtual base::Task<base::StatusOr<std::unique_ptr<RowCursor>>> rows(RowQuery request) = 0;
  // Distinct label sets of the streams with records in range, sorted.
  virtual base::Task<base::StatusOr<std::vector<Labels>>> series(SeriesRequest request) = 0;
  virtual base::Task<base::StatusOr<std::vector<std::string>>> label_names(SeriesRequest request) = 0;
  virtual base::Task<base::StatusOr<std::vector<std::string>>> label_values(SeriesRequest request,
                                                                            std::string name) = 0;
  virtual base::Task<base::StatusOr<IndexStats>> index_stats(SeriesRequest request) = 0;
  // As series(), in no order and without copying labels.
  virtual base::Task<base::StatusOr<std::vector<StreamRef>>> streams(SeriesRequest request) = 0;
  // Unimplemented unless the runner knows how.
  virtual base::Task<base::StatusOr<Volumes>> volumes(VolumeRequest request);
  virtual base::Task<base::StatusOr<std::vector<DetectedField>>> detected_fields(FieldsRequest request);
  virtual base::Task<base::StatusOr<LogPatterns>> patterns(PatternsRequest request);
};

}  // namespace cordwood::core
