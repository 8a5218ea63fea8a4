// The events of the native query as text: docs/protocols/query.md, "Events". Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "core/query_runner.h"

namespace cordwood::api {

// How the rows of a query are counted over its range.
struct HistogramPlan {
  core::UnixNanos start;
  base::nanoseconds step{0};  // whole milliseconds
  std::size_t buckets = 0;
};
inline constexpr std::size_t kHistogramBucketsMax = 2000;
// Buckets of equal width that cover the range; at least one, each of a millisecond at least.
HistogramPlan plan_histogram(core::TimeRange range, std::size_t buckets);
// The metric query that counts the rows of `log_query`, which has been parsed, by bucket and level.
core::QueryRequest histogram_request(const HistogramPlan& plan, const core::TenantId& tenant,
                                     std::string_view log_query);

class QueryEvents {
 public:
  // `with_cursor`: for order=time.
  QueryEvents(core::Direction direction, bool with_cursor) : direction_(direction), with_cursor_(with_cursor) {}

  // Appends rows from rows[begin] on until about `bytes_max` have been appended or there are no more; gives the index
  // of the first row that was left.
  std::size_t append_rows(std::string& out, const std::vector<core::Row>& rows, std::size_t begin,
                          std::size_t bytes_max);
  // `result` of histogram_request(); an error becomes an event that says so.
  void append_histogram(std::string& out, const HistogramPlan& plan,
                        const base::StatusOr<core::QueryResult>& result) const;
  // `coverage`: the JSON object of coverage_json().
  void append_coverage(std::string& out, std::string_view coverage) const;
  void append_progress(std::string& out, const core::QueryStats& stats) const;
  // `error` is OK when the query ran to its end.
  void append_end(std::string& out, const core::QueryStats& stats, const base::Status& error) const;

  std::uint64_t rows_sent() const { return rows_sent_; }

  // Numbers in use at a time; the map is bounded by it.
  static constexpr std::size_t kStreamsMax = 4096;

 private:
  struct StreamIdHash {
    std::size_t operator()(const core::StreamId& id) const { return static_cast<std::size_t>(id.value.lo); }
  };
  struct Declared {
    std::uint32_t number = 0;
    core::SharedLabels labels;
  };
  // Number of the row's stream; declares it in `out` when needed. Nullopt when rows that were written but not yet
  // closed would change their meaning: close them and ask again.
  std::optional<std::uint32_t> number_of(const core::Row& row, bool rows_open, std::string& out);
  void append_row(std::string& out, const core::Row& row, std::uint32_t stream) const;
  void close_rows(std::string& out, std::string& rows_text, const core::Row& last) const;

  const core::Direction direction_;
  const bool with_cursor_;
  std::unordered_map<core::StreamId, Declared, StreamIdHash> declared_;
  std::uint64_t rows_sent_ = 0;
};

}  // namespace cordwood::api
