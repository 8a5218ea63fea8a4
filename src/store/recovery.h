// Recovery: what open() does before anything is served. The crash table of ARCHITECTURE.md ("The write path") row by
// row:
//
//   before the frame was durable      the torn tail is cut (journal/replay)
//   durable, not acknowledged         replayed; the sender finds its slice at the mark, its body repeated
//   acknowledged, not flushed         replayed; what is more than the head may hold stays in the journal (replayer)
//   segments put, no commit           nothing here: the frames are replayed, the sweep deletes the objects (sweep)
//   committed, journal not trimmed    frames at or below flushed_through are not replayed; trimmed
//   catalog older than the journal    replayed from the first frame that the catalog does not know
//   damage in mid-journal             reported, replay goes on behind it (journal/replay)
#pragma once

#include "store/flush/flusher.h"
#include "store/state.h"

namespace cordwood::store {

class Recovery {
 public:
  Recovery(StoreState& state, Flusher& flusher) : state_(state), flusher_(flusher) {}
  // Loads the catalog's view, replays the journal into the head (replayer.h) and starts the journal.
  base::Task<base::Status> run();

 private:
  base::Task<base::Status> load_catalog();
  // Deletions and retention.
  base::Task<base::Status> load_rules(const std::vector<catalog::PartRow>& parts);
  base::Task<base::Status> replay(std::vector<journal::JournalFile> files, base::MonotonicNanos begin);
  base::Task<base::Status> fix_disk_budget();

  StoreState& state_;
  Flusher& flusher_;
};

}  // namespace cordwood::store
