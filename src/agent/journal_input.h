// journald as a source: entries instead of bytes, the journal's cursor instead of an offset.
//
// Positions count the entries sent (unit `records`), the server's mark is such a count. The checkpoint maps counts to
// cursors for the acknowledged position and for each slice under way, so after a crash between the server's commit and
// our save the mark still finds its cursor. Limit: when the checkpoint is lost, no cursor belongs to the server's mark;
// reading then starts a new generation after the newest entry that existed, and says so (what was written in between
// may be missing, nothing comes twice).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/checkpoint.h"
#include "agent/generation.h"
#include "agent/looks.h"
#include "agent/status.h"
#include "base/clock.h"
#include "base/random.h"
#include "ingest/native/push_encoder.h"

namespace cordwood::agent {

// The entries of the journal; libsystemd's, or a fake. Not thread-safe, calls block for files.
class JournalReader {
 public:
  virtual ~JournalReader() = default;
  // Stands before the first entry, or after the one that the cursor names. NotFound when that entry is gone (vacuumed):
  // it then stands before the oldest that is left.
  virtual base::Status seek_head() = 0;
  virtual base::Status seek_after(const std::string& cursor) = 0;
  virtual base::Status seek_tail() = 0;
  struct Entry {
    base::UnixNanos time;
    std::string message;
    std::string unit;        // _SYSTEMD_UNIT, or ""
    std::string identifier;  // SYSLOG_IDENTIFIER, or ""
    std::string priority;    // "0" to "7", or ""
    std::string cursor;
  };
  // False at the present end.
  virtual base::StatusOr<bool> next(Entry& entry) = 0;
};

// Unavailable when there is no journal to read, or this program was built without libsystemd.
base::StatusOr<std::unique_ptr<JournalReader>> open_journal();

class JournalInput {
 public:
  JournalInput(std::unique_ptr<JournalReader> reader, std::string host, std::vector<core::Label> labels,
               base::Random& random, base::Clock& clock);

  // What the checkpoint knew; everything written before `watermark` had been accounted for. `lost_state`: there is
  // none, but the server knows a journal source of this host.
  void restore(const JournalState& state, bool lost_state, base::UnixNanos watermark);
  // For the checkpoint.
  JournalState state() const;

  Generation& generation() { return generation_; }
  bool may_read(base::MonotonicNanos now) const;
  // The next slice; false when there is nothing new.
  bool cut(std::size_t raw_bytes_max, ingest::native::EncodedSlice& slice, Position& end);
  void stored(const Position& end);
  void go_to_mark(const core::Mark& mark);
  void rewind();
  // The server does not know the source.
  void forget_progress();
  // Asks again for entries; from time to time.
  void poll() { exhausted_ = false; }
  bool caught_up() const;
  // An entry that the server refused is left out.
  void refuse(std::uint64_t offset);
  const std::string& problem() const { return problem_; }

  core::LedgerEntry entry() const;
  // Every entry written before it is acknowledged or lost.
  base::UnixNanos watermark() const;
  // Some loss is not in the checkpoint on the disk; reset by the caller.
  bool has_unsaved_losses = false;

  bool dirty = false;

 private:
  void new_generation();
  bool find_place();
  void add_loss_of(core::LossReason reason, std::uint64_t begin, std::uint64_t at_least, base::UnixNanos until);
  void add(const JournalReader::Entry& entry, ingest::native::SliceBuilder& builder, std::uint64_t offset);

  std::unique_ptr<JournalReader> reader_;
  base::Random& random_;
  base::Clock& clock_;
  Generation generation_;
  std::vector<JournalPoint> points_;
  bool exhausted_ = false;
  bool placed_ = false;  // the reader stands at generation_.read
  std::string problem_;
};

}  // namespace cordwood::agent
