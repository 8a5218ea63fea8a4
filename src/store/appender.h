// Appender: the way of one request from arrival to acknowledgement.
//
//   room in the head -> verdicts (marks, body hash) -> rows as chunks -> journal -> visible and marks moved -> answer
//
// Crash windows: before the journal's sync ends nothing is durable, the sender gets an error or nothing and sends
// again. After it the frame is replayed, and a sender that heard nothing finds its slice at the mark, or its body
// repeated.
#pragma once

#include <optional>
#include <vector>

#include "core/record_sink.h"
#include "store/head/body_chunks.h"
#include "store/state.h"

namespace cordwood::store {

class Appender {
 public:
  explicit Appender(StoreState& state) : state_(state) {}
  base::Task<base::StatusOr<core::AppendResult>> append(core::AppendRequest request);

 private:
  // A frame on its way into the journal.
  struct Frame {
    core::TenantId tenant;
    core::UnixNanos arrival;
    SourceTable::Decision decision;
    std::optional<base::Hash128> body_hash;
    std::vector<std::shared_ptr<Chunk>> chunks;
    std::uint64_t taken_bytes = 0;  // from the gate
  };

  base::Task<base::Status> check_space();
  base::Task<bool> wait_for_room(std::uint64_t bytes);
  base::Task<base::StatusOr<core::AppendResult>> append_named(core::AppendRequest request, std::uint64_t taken_bytes);
  base::Task<base::StatusOr<core::AppendResult>> append_unnamed(core::AppendRequest request, std::uint64_t taken_bytes);
  base::Task<base::StatusOr<SourceTable::Decision>> decide(const core::AppendRequest& request);
  base::Task<bool> is_repeated(base::Hash128 hash, core::UnixNanos arrival);
  base::Task<base::Status> commit(Frame& frame, core::AppendRequest& request, BodyRows rows,
                                  std::vector<std::uint32_t> refused);
  // Called by the journal in the order of sequences.
  void publish(Frame& frame, std::uint64_t sequence);
  void roll_back(const Frame& frame);

  StoreState& state_;
  base::Mutex space_mutex_;
  std::optional<base::MonotonicNanos> space_checked_ GUARDED_BY(space_mutex_);
  // Until the first look has an answer nothing is refused.
  std::uint64_t free_bytes_ GUARDED_BY(space_mutex_) = UINT64_MAX;
};

}  // namespace cordwood::store
