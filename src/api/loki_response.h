// JSON of Loki's answers (grafana/loki pkg/util/marshal, Apache-2.0 shapes). Pure functions that append to `out`.
// Bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "core/query_runner.h"
#include "core/tail.h"
#include "io/http.h"

namespace cordwood::api {

struct ResponseOptions {
  // The client asked by X-Loki-Response-Encoding-Flags: structured metadata and parsed labels stay apart from the
  // labels of the stream. Otherwise they are merged, which splits streams.
  bool categorize_labels = false;
};
ResponseOptions response_options_of(const io::HttpRequest& request);

// The whole body of query and query_range. `coverage` is JSON for data.coverage; empty: left out.
std::string query_response_json(core::QueryResult result, const ResponseOptions& options,
                                std::string_view coverage = {});
// {"resultType":..,"result":..} without stats, as the body has it under "data".
std::string query_data_json(core::QueryResult result, const ResponseOptions& options);

// A message of tail: {"streams":[..],"dropped_entries":[{"timestamp":"ns","labels":{..}}]}; `legacy` as under
// /api/prom, with labels as text and times as RFC 3339.
struct TailForm {
  bool categorize_labels = false;
  bool legacy = false;
};
std::string tail_json(core::LogResult streams, const std::vector<core::DroppedRow>& dropped, const TailForm& form);

// [{"stream":{..},"values":[["ns","line"]]}]; with a third member of each value when labels are categorized.
void write_streams(base::JsonWriter& json, const core::LogResult& streams, bool categorize);
// As Go's time.RFC3339Nano in UTC: no zeros at the end of the fraction.
std::string rfc3339_nano(base::UnixNanos time);
// [{"labels":"{..}","entries":[{"ts":"..","line":".."}]}]: streams as before /loki/api/v1.
void write_legacy_streams(base::JsonWriter& json, const core::LogResult& streams);

// {"status":"success","data":[..]}; `data` is left out when there are none.
std::string labels_response_json(const std::vector<std::string>& values);
std::string series_response_json(const std::vector<core::Labels>& series);
std::string index_stats_json(const core::IndexStats& stats);
std::string status_error_json(std::string_view status, std::string_view error);

// The streams as a client sees them that did not ask for categories: labels, metadata and parsed labels of each entry
// merged, entries regrouped by the result, streams sorted by labels.
core::LogResult merge_labels(core::LogResult streams);

}  // namespace cordwood::api
