// What explorers ask (core/explore.h): volumes from stream tables and block indexes, fields and patterns from rows.
#pragma once

#include "base/status.h"
#include "base/task.h"
#include "core/explore.h"
#include "query/look_around.h"
#include "query/part_provider.h"
#include "query/query_context.h"

namespace cordwood::query {

// No row is read. A block that holds one stream and lies in one bucket is counted exactly; others spread their bytes
// evenly over their time.
base::StatusOr<core::Volumes> volumes_of(const Parts& parts, const core::VolumeRequest& request);

// Looks at the newest lines that pass the query.
base::Task<base::StatusOr<std::vector<core::DetectedField>>> find_fields(const core::FieldsRequest& request,
                                                                         PartProvider& provider, QueryContext& context);

// Groups the query's lines by what they have in common. Of more than kPatternRowsMax rows a sample is read, block by
// block and evenly over the range, and its counts are scaled up.
inline constexpr std::uint64_t kPatternRowsMax = 1'000'000;
base::Task<base::StatusOr<core::LogPatterns>> find_patterns(const core::PatternsRequest& request,
                                                            PartProvider& provider, QueryContext& context);

}  // namespace cordwood::query
