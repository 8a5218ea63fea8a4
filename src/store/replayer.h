// Replayer: the frames of the journal become rows of the head and marks again, in the order of their sequences. Frames
// are decoded side by side, ahead of the one that is applied.
//
// The journal may hold more than the head: after a kill while nothing could be flushed, or with smaller limits than
// before. Replaying flushes nothing: start-up would wait for the encoder, and on a full disk for ever. What one flush
// will carry away is frozen as soon as it is complete, and what the head has no room for is spilled: its rows are left
// in the journal, from where queries (head/spilled_chunk.h) and the flush read them.
#pragma once

#include <deque>
#include <map>

#include "base/sync.h"
#include "store/flush/flusher.h"
#include "store/head/spilled_chunk.h"
#include "store/state.h"

namespace cordwood::store {

// Used once.
class Replayer {
 public:
  Replayer(StoreState& state, Flusher& flusher);
  // Replays what follows `flushed_through` and starts the journal behind it.
  base::Task<base::Status> run(std::vector<journal::JournalFile> files, std::uint64_t flushed_through);

  std::uint64_t frames() const { return frames_; }
  std::uint64_t records() const { return records_; }
  std::uint64_t undecodable() const { return undecodable_; }
  std::uint64_t spilled_records() const { return spilled_records_; }

 private:
  // A frame that was read, and its rows once `done`.
  struct Ahead {
    explicit Ahead(base::Executor& executor) : done(executor) {}
    journal::ReplayedFrame frame;
    core::GenerationId generation;
    base::StatusOr<FrameRows> rows = base::unavailable_error("not decoded yet");
    std::uint64_t expected_bytes = 0;  // of memory, as far as can be said before
    base::Event done;
  };
  // A frame whose rows are in the active part of the head.
  struct Active {
    journal::ReplayedFrame frame;  // without its body
    core::GenerationId generation;
    Chunks chunks;
    std::uint64_t deletions_applied = 0;
  };

  static base::Task<void> decode(StoreState* state, std::shared_ptr<Ahead> ahead);
  bool may_read_ahead() const;
  // Reads some frames and begins to decode them. False at the end of the journal.
  base::Task<base::StatusOr<bool>> read_ahead(journal::Replay& replay, base::TaskGroup& decoders);
  base::Task<base::Status> apply_next(journal::Replay& replay);
  base::Task<base::Status> apply(Ahead& ahead, const journal::Replay& replay);
  // Before `bytes` more are added to what is active.
  base::Task<base::Status> make_room(std::uint64_t bytes, const journal::Replay& replay);
  base::Task<base::Status> spill(const journal::Replay& replay);
  base::StatusOr<std::shared_ptr<const JournalFileReader>> reader_of(const journal::JournalFile& file,
                                                                     std::size_t index);

  StoreState& state_;
  Flusher& flusher_;
  const std::uint64_t flush_bytes_;  // what one flush carries away
  std::deque<std::shared_ptr<Ahead>> ahead_;
  std::uint64_t ahead_bytes_ = 0;
  std::uint64_t growth_;  // the most bytes of memory that a byte of a body has become so far
  std::vector<Active> active_;
  std::map<std::size_t, std::shared_ptr<const JournalFileReader>> readers_;  // by index of the file
  std::uint64_t frames_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t undecodable_ = 0;
  std::uint64_t spilled_records_ = 0;
};

}  // namespace cordwood::store
