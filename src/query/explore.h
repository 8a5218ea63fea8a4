// What explorers ask (core/explore.h): volumes from stream tables and block indexes, fields and patterns from rows.
#pragma once

#include "base/executor.h"
#include "base/status.h"
#include "base/task.h"
#include "core/explore.h"
#include "query/look_around.h"
#include "query/part_provider.h"
#include "query/query_context.h"

namespace cordwood::query {

// No row is read. Exact where buckets begin and end between minutes and parts have rollups; a minute that lies across
// an edge, and parts without rollups, spread what they have evenly (part_figures.h).
base::Task<base::StatusOr<core::Volumes>> find_volumes(const core::VolumeRequest& request, PartProvider& provider,
                                                       base::Executor& executor);
// The same for the rows and bytes of a range.
base::Task<base::StatusOr<core::IndexStats>> find_index_stats(const core::SeriesRequest& request,
                                                              PartProvider& provider);

// Looks at the newest lines that pass the query.
base::Task<base::StatusOr<std::vector<core::DetectedField>>> find_fields(const core::FieldsRequest& request,
                                                                         PartProvider& provider, QueryContext& context);

// Groups the query's lines by what they have in common and their levels. A query without stages looks, where lines are
// stored as templates, at a few rows of each template in each run of a stream: when these have one pattern and level,
// so have all (their number is exact); else all rows of the template are looked at. Otherwise each row is looked at.
// Of more rows than the limits below a sample of blocks is read, evenly over the range, and counts are scaled up.
inline constexpr std::uint64_t kPatternRowsMax = 1'000'000;           // put together
inline constexpr std::uint64_t kPatternTemplateRowsMax = 50'000'000;  // counted by template
base::Task<base::StatusOr<core::LogPatterns>> find_patterns(const core::PatternsRequest& request,
                                                            PartProvider& provider, QueryContext& context);

}  // namespace cordwood::query
