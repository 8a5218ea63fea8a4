// Which records of a body are stored, and the chunks they become. Appending and replaying use the same functions, so a
// replayed frame gives the same rows with the same names.
#pragma once

#include <memory>
#include <vector>

#include "base/executor.h"
#include "base/task.h"
#include "core/record.h"
#include "store/head/chunk_writer.h"

namespace cordwood::store {

struct BodyRows {
  std::vector<BodyRow> rows;
  std::vector<segment::RowSource> sources;
};

// InvalidArgument when slices name sources or records that are not there.
base::Status check_slices(const core::RecordBatch& batch);
// The records of the slices that are stored.
BodyRows named_rows(const core::RecordBatch& batch, const std::vector<bool>& stored_slices);
// All records but those in `skipped` (rising). Their source is the frame; Chunk::name_frame gives it its name.
BodyRows unnamed_rows(const core::RecordBatch& batch, const std::vector<std::uint32_t>& skipped);
// What the frame records as refused: `refused` (indexes in body order of records that are not in the batch) and
// `skipped` (indexes into the batch), both rising, as indexes in body order.
std::vector<std::uint32_t> merge_refused(const std::vector<std::uint32_t>& refused,
                                         const std::vector<std::uint32_t>& skipped);

// Yields between chunks. `batch` must outlive the task.
base::Task<std::vector<std::shared_ptr<Chunk>>> make_chunks(base::Executor& executor, const core::RecordBatch& batch,
                                                            BodyRows body);

}  // namespace cordwood::store
