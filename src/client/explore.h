// Loki's exploring endpoints as the command line prints them: answers as rows of text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "client/endpoint.h"

namespace cordwood::client {

struct ExploreOptions {
  std::string selector;  // or a log query, where the endpoint takes one
  std::optional<base::UnixNanos> from;
  std::optional<base::UnixNanos> to;
  std::string by;           // volume: names of labels, separated by commas
  std::uint32_t limit = 0;  // 0 = the server's
};

// Each gives a table, the first row its head. `json` instead: the server's answer, when not null.
using Table = std::vector<std::vector<std::string>>;
base::StatusOr<Table> explore_stats(Connection& connection, const ExploreOptions& options, std::string* json);
base::StatusOr<Table> explore_volume(Connection& connection, const ExploreOptions& options, std::string* json);
base::StatusOr<Table> explore_patterns(Connection& connection, const ExploreOptions& options, std::string* json);
base::StatusOr<Table> explore_fields(Connection& connection, const ExploreOptions& options, std::string* json);

// The same from the bodies of the answers; exposed for tests. Unavailable when a body is not of the protocol.
base::StatusOr<Table> stats_table(std::string_view body);
base::StatusOr<Table> volume_table(std::string_view body);
base::StatusOr<Table> patterns_table(std::string_view body);
base::StatusOr<Table> fields_table(std::string_view body);

// Columns side by side; figures to the right unless not wanted so. Then rows may differ in length, and the last cell of
// a row, which nothing stands behind, takes no part in the width of its column.
std::string align(const Table& table, bool figures_right = true);

}  // namespace cordwood::client
