// The rows of one push that somebody tails, copied out of the batch before the store takes it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/record_sink.h"
#include "exec/live_filter.h"

namespace cordwood::query {

// Immutable once made; shared by all who tail it.
struct LiveRows {
  struct Row {
    core::UnixNanos time;
    std::string_view line;
    std::uint32_t stream = 0;  // index into `streams`
    std::uint32_t metadata_begin = 0;
    std::uint32_t metadata_count = 0;
    std::uint32_t record = 0;  // index in the batch
  };
  std::vector<core::BatchStream> streams;  // all of the batch
  std::vector<Row> rows;
  std::vector<core::MetadataPair> metadata;
  std::unique_ptr<char[]> text;  // what the views point into
  std::size_t bytes = 0;

  exec::LiveRow view(const Row& row) const {
    const core::BatchStream& stream = streams[row.stream];
    return {row.time, row.line, &stream.labels, stream.id,
            std::span(metadata).subspan(row.metadata_begin, row.metadata_count)};
  }
};

// The rows of the streams with wanted[stream].
std::shared_ptr<LiveRows> copy_live_rows(const core::RecordBatch& batch, const std::vector<bool>& wanted);
// Leaves out the rows of slices that were not stored. Each of `slices` is [record_begin, record_end) of the batch.
void drop_refused(LiveRows& rows, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& slices,
                  const std::vector<core::SliceVerdict>& verdicts);

}  // namespace cordwood::query
