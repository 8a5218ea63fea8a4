// A frame of the journal as rows again: what replay does with every frame, and a SpilledFrame whenever it is read.
#pragma once

#include <memory>
#include <vector>

#include "base/executor.h"
#include "base/status.h"
#include "core/record_sink.h"
#include "store/head/chunk.h"
#include "store/journal/replay.h"

namespace cordwood::store {

struct FrameRows {
  core::RecordBatch batch;
  std::vector<std::shared_ptr<Chunk>> chunks;  // named; set_deletions_applied is left to the caller
};

// Decodes `frame`, whose rows, if unnamed, belong to `generation`. DataLoss when the checksum fits and the body cannot
// be decoded. The same frame gives the same chunks. `frame` must outlive the task.
base::Task<base::StatusOr<FrameRows>> decode_frame(base::Executor& executor, const core::BodyDecoder& decoder,
                                                   const journal::ReplayedFrame& frame, core::GenerationId generation);

}  // namespace cordwood::store
