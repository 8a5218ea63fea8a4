// Replay: the frames of a journal directory in order, by the rules of "Reading" in docs/formats/journal.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "io/file.h"
#include "store/journal/scanner.h"

namespace cordwood::store::journal {

struct JournalFile {
  FileHeader header;
  std::string path;
  std::uint64_t bytes = 0;
  std::uint64_t last_sequence = 0;  // of its last valid frame; header.first_sequence - 1 when there is none
  bool damaged = false;             // some acknowledged frame in it could not be read
};

struct ReplayedFrame {
  std::uint64_t sequence = 0;
  std::uint64_t epoch = 0;  // of the process that wrote it
  FrameHeader header;
  std::shared_ptr<const std::string> body;
  std::size_t file = 0;      // index into files()
  std::uint64_t offset = 0;  // in it
};

// A byte range that held acknowledged frames and cannot be read. For a range of sequences without bytes begin = end.
struct Damage {
  std::string path;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
};

// One thread at a time; calls block. Holds the frames of one group and a window of the file in memory.
class Replay {
 public:
  // Frames after `after` are given. `files` is sorted by number, headers are valid.
  Replay(io::FileSystem& files, std::vector<JournalFile> journal, std::uint64_t after);

  // The next frame; none at the end, when the tail has been cut and what is left is durable. An error is one of the
  // disk: nothing can be said about the journal, and nothing that was acknowledged was changed.
  base::StatusOr<std::optional<ReplayedFrame>> next();

  // Valid once next() gave none.
  const std::vector<JournalFile>& files() const { return journal_; }
  std::uint64_t next_sequence() const { return std::max(expected_, after_ + 1); }
  // So far.
  const std::vector<Damage>& damages() const { return damages_; }
  // The frame could be read, but not decoded: its file is kept aside too.
  void mark_damaged(const ReplayedFrame& frame) { journal_[frame.file].damaged = true; }

 private:
  enum class Step { kFrame, kAgain, kFileDone };
  base::Status open_file();
  base::StatusOr<Step> step(std::optional<ReplayedFrame>& out);
  base::StatusOr<Step> step_over_damage();
  base::StatusOr<std::optional<ScannedFrame>> find_frame_of_file(std::uint64_t offset);
  // Says a frame from `frame` on that the sequence `expected_` had been durable?
  base::StatusOr<bool> proves_loss(const ScannedFrame& frame);
  base::Status cut_tail();
  base::Status write_tail_again();
  base::Status copy_tail();
  base::Status rewrite_tail();
  void report(std::uint64_t begin, std::uint64_t end, std::uint64_t next_sequence);

  io::FileSystem& files_;
  std::vector<JournalFile> journal_;
  const std::uint64_t after_;
  std::uint64_t expected_ = 0;
  std::size_t index_ = 0;  // of the file being read
  std::unique_ptr<io::File> file_;
  std::optional<FileScanner> scanner_;
  std::uint64_t offset_ = 0;
  std::optional<std::uint64_t> limit_;  // first sequence of the next file
  // Frames of the last file that no later frame calls durable: at most the group that was written last.
  std::vector<ScannedFrame> unproven_;
  std::vector<Damage> damages_;
};

}  // namespace cordwood::store::journal
