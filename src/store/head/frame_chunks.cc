#include "store/head/frame_chunks.h"

#include "store/head/body_chunks.h"

namespace cordwood::store {

base::Task<base::StatusOr<FrameRows>> decode_frame(base::Executor& executor, const core::BodyDecoder& decoder,
                                                   const journal::ReplayedFrame& frame, core::GenerationId generation) {
  core::EncodedBody body{frame.header.protocol, frame.header.encoding, frame.header.decoder_version, frame.body};
  const core::DecodeContext context{frame.header.arrival, &frame.header.refused};
  base::StatusOr<core::RecordBatch> batch = decoder.decode(body, context);
  if (!batch.ok()) co_return base::data_loss_error("decoding: {}", base::message_of(batch.status()));
  base::Status slices = check_slices(*batch);
  if (!slices.ok()) co_return base::data_loss_error("decoding: {}", base::message_of(slices));
  if (batch->slices.size() != frame.header.stored_slices.size()) {
    co_return base::data_loss_error("decoding: the frame has {} slices, the body {}", frame.header.stored_slices.size(),
                                    batch->slices.size());
  }
  FrameRows out;
  out.batch = *std::move(batch);
  const bool named = out.batch.named();
  BodyRows rows = named ? named_rows(out.batch, frame.header.stored_slices) : unnamed_rows(out.batch, {});
  out.chunks = co_await make_chunks(executor, out.batch, std::move(rows));
  if (!named) {
    for (const auto& chunk : out.chunks) chunk->name_frame(generation);
  }
  co_return out;
}

}  // namespace cordwood::store
