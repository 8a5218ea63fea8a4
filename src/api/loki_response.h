// JSON of Loki's answers (grafana/loki pkg/util/marshal, Apache-2.0 shapes). Pure functions that append to `out`.
// Bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/query_runner.h"
#include "io/http.h"

namespace cordwood::api {

struct ResponseOptions {
  // The client asked by X-Loki-Response-Encoding-Flags: structured metadata and parsed labels stay apart from the
  // labels of the stream. Otherwise they are merged, which splits streams.
  bool categorize_labels = false;
};
ResponseOptions response_options_of(const io::HttpRequest& request);

// The whole body of query and query_range.
std::string query_response_json(core::QueryResult result, const ResponseOptions& options);
// {"resultType":..,"result":..} without stats, as the body has it under "data".
std::string query_data_json(core::QueryResult result, const ResponseOptions& options);

// {"status":"success","data":[..]}; `data` is left out when there are none.
std::string labels_response_json(const std::vector<std::string>& values);
std::string series_response_json(const std::vector<core::Labels>& series);
std::string index_stats_json(const core::IndexStats& stats);
std::string status_error_json(std::string_view status, std::string_view error);

// The streams as a client sees them that did not ask for categories: labels, metadata and parsed labels of each entry
// merged, entries regrouped by the result, streams sorted by labels.
core::LogResult merge_labels(core::LogResult streams);

}  // namespace cordwood::api
