#include "store/journal/replay.h"

#include <algorithm>

#include "base/log.h"

namespace cordwood::store::journal {

Replay::Replay(io::FileSystem& files, std::vector<JournalFile> journal, std::uint64_t after)
    : files_(files), journal_(std::move(journal)), after_(after) {
  if (!journal_.empty()) expected_ = journal_.front().header.first_sequence;
}

base::StatusOr<std::optional<ReplayedFrame>> Replay::next() {
  while (index_ < journal_.size()) {
    if (!scanner_.has_value()) {
      RETURN_IF_ERROR(open_file());
      continue;
    }
    std::optional<ReplayedFrame> frame;
    ASSIGN_OR_RETURN(const Step done, step(frame));
    if (done == Step::kFrame) return frame;
    if (done == Step::kFileDone) {
      scanner_.reset();
      file_.reset();
      if (++index_ == journal_.size()) RETURN_IF_ERROR(write_tail_again());
    }
  }
  return std::optional<ReplayedFrame>();
}

base::Status Replay::open_file() {
  JournalFile& file = journal_[index_];
  const bool last = index_ + 1 == journal_.size();
  limit_ = last ? std::nullopt : std::optional(journal_[index_ + 1].header.first_sequence);
  if (limit_.has_value() && *limit_ <= after_ + 1 && file.header.first_sequence < *limit_) {
    // Everything in it is in segments already: not read, only trimmed.
    file.last_sequence = *limit_ - 1;
    expected_ = *limit_;
    ++index_;
    return base::ok_status();
  }
  ASSIGN_OR_RETURN(file_, files_.open(file.path, io::OpenMode::kRead));
  ASSIGN_OR_RETURN(const io::FileStat stat, file_->stat());
  file.bytes = stat.bytes;
  file.last_sequence = file.header.first_sequence - 1;
  scanner_.emplace(*file_, file.bytes, file.header.salt);
  offset_ = kFramesBegin;
  if (file.header.first_sequence > expected_) report(0, 0, file.header.first_sequence);
  return base::ok_status();
}

base::StatusOr<Replay::Step> Replay::step(std::optional<ReplayedFrame>& out) {
  JournalFile& file = journal_[index_];
  // What follows belongs to a group that failed; its sequences were given again in the next file.
  if (limit_.has_value() && expected_ >= *limit_) return Step::kFileDone;
  if (offset_ >= file.bytes && !limit_.has_value()) return Step::kFileDone;
  ASSIGN_OR_RETURN(std::optional<ScannedFrame> frame, scanner_->frame_at(offset_));
  if (!frame.has_value() || frame->prologue.sequence != expected_) return step_over_damage();
  offset_ = frame->end();
  file.last_sequence = expected_++;
  if (!limit_.has_value()) {
    const std::uint64_t durable_through = frame->prologue.durable_through;
    std::erase_if(unproven_, [=](const ScannedFrame& one) { return one.prologue.sequence <= durable_through; });
    unproven_.push_back(*frame);
  }
  if (frame->prologue.sequence <= after_) return Step::kAgain;
  base::StatusOr<FrameHeader> header = decode_frame_header(frame->header, file.path, frame->offset + kPrologueBytes);
  if (!header.ok()) return base::annotate(header.status(), "the checksum fits, so a newer program wrote it");
  out = ReplayedFrame{
      frame->prologue.sequence, file.header.epoch, *std::move(header), std::move(frame->body), index_, frame->offset};
  return Step::kFrame;
}

base::StatusOr<Replay::Step> Replay::step_over_damage() {
  JournalFile& file = journal_[index_];
  ASSIGN_OR_RETURN(std::optional<ScannedFrame> found, find_frame_of_file(offset_));
  if (!limit_.has_value()) {
    bool lost = false;
    if (found.has_value()) {
      ASSIGN_OR_RETURN(lost, proves_loss(*found));
    }
    if (!lost) {
      RETURN_IF_ERROR(cut_tail());
      return Step::kFileDone;
    }
  }
  if (!found.has_value()) {
    report(offset_, file.bytes, *limit_);
    return Step::kFileDone;
  }
  report(offset_, found->offset, found->prologue.sequence);
  offset_ = found->offset;
  return Step::kAgain;
}

base::StatusOr<std::optional<ScannedFrame>> Replay::find_frame_of_file(std::uint64_t offset) {
  while (true) {
    ASSIGN_OR_RETURN(std::optional<ScannedFrame> frame, scanner_->find_frame(offset));
    if (!frame.has_value()) return frame;
    const std::uint64_t sequence = frame->prologue.sequence;
    if (sequence >= expected_ && (!limit_.has_value() || sequence < *limit_)) return frame;
    offset = frame->offset + 1;
  }
}

base::StatusOr<bool> Replay::proves_loss(const ScannedFrame& frame) {
  std::uint64_t durable_through = frame.prologue.durable_through;
  std::uint64_t offset = frame.end();
  while (durable_through < expected_) {
    ASSIGN_OR_RETURN(std::optional<ScannedFrame> later, find_frame_of_file(offset));
    if (!later.has_value()) return false;
    durable_through = later->prologue.durable_through;
    offset = later->end();
  }
  return true;
}

base::Status Replay::cut_tail() {
  JournalFile& file = journal_[index_];
  base::log_warn("journal tail cut: path={} from_byte={} to_byte={} next_sequence={} (not acknowledged, senders retry)",
                 file.path, offset_, file.bytes, expected_);
  // If the cut does not reach the disk, the first sequence of the next file makes these bytes void all the same.
  ASSIGN_OR_RETURN(const std::unique_ptr<io::File> writable, files_.open(file.path, io::OpenMode::kAppend));
  RETURN_IF_ERROR(writable->truncate(offset_));
  file.bytes = offset_;
  return base::ok_status();
}

// Frames of the group that a dead process wrote last may be in the system's memory only, and after a sync that failed
// no later one makes them durable (fsyncgate); a repeat of their body is about to be acknowledged. So they are written
// again, to a file of their own that takes its place at once or not at all: its first sequence voids them where they
// were. The file keeps the epoch, by which unnamed rows are named. On a full disk they are written again where they
// are: the same bytes over themselves need no space, and cannot be torn.
base::Status Replay::write_tail_again() {
  std::erase_if(unproven_, [this](const ScannedFrame& one) { return one.prologue.sequence <= after_; });
  if (unproven_.empty()) return base::ok_status();
  base::Status status = copy_tail();
  if (status.code() == base::StatusCode::kResourceExhausted) {
    base::log_warn("no space for a copy of the journal's last frames, they are written in place: error=\"{}\"",
                   status.ToString());
    status = rewrite_tail();
  }
  if (status.ok()) unproven_.clear();
  return status;
}

base::Status Replay::rewrite_tail() {
  ASSIGN_OR_RETURN(const std::unique_ptr<io::File> file, files_.open(journal_.back().path, io::OpenMode::kReadWrite));
  for (const ScannedFrame& frame : unproven_) {
    const auto length = static_cast<std::size_t>(frame.end() - frame.offset);
    ASSIGN_OR_RETURN(const std::string bytes, file->read_at(frame.offset, length));
    RETURN_IF_ERROR(file->write_at(frame.offset, bytes));
  }
  return file->sync();
}

base::Status Replay::copy_tail() {
  JournalFile& last = journal_.back();
  JournalFile copy;
  copy.header = last.header;
  copy.header.number = last.header.number + 1;
  copy.header.first_sequence = unproven_.front().prologue.sequence;
  copy.header.salt = base::hash64(fmt::format("{} {}", last.header.salt, copy.header.number));
  copy.path = io::parent_directory(last.path) + "/" + file_name(copy.header.number);
  copy.last_sequence = last.last_sequence;
  std::string bytes = encode_file_header(copy.header);
  for (const ScannedFrame& frame : unproven_) {
    ASSIGN_OR_RETURN(const FrameHeader header,
                     decode_frame_header(frame.header, last.path, frame.offset + kPrologueBytes));
    bytes +=
        encode_frame(header, *frame.body, frame.prologue.sequence, copy.header.first_sequence - 1, copy.header.salt);
    bytes += *frame.body;
  }
  copy.bytes = bytes.size();
  RETURN_IF_ERROR(io::replace_file(files_, copy.path, bytes));
  last.last_sequence = copy.header.first_sequence - 1;
  journal_.push_back(std::move(copy));
  ++index_;  // it has been read already
  return base::ok_status();
}

void Replay::report(std::uint64_t begin, std::uint64_t end, std::uint64_t next_sequence) {
  const std::uint64_t first = std::max(expected_, after_ + 1);
  expected_ = next_sequence;
  if (first >= next_sequence) return;  // what is missing was flushed before
  JournalFile& file = journal_[index_];
  file.damaged = true;
  damages_.push_back({file.path, begin, end, first, next_sequence - 1});
  base::log_error(
      "journal data loss: path={} from_byte={} to_byte={} first_sequence={} last_sequence={}; the file is kept as "
      "*.damaged",
      file.path, begin, end, first, next_sequence - 1);
}

}  // namespace cordwood::store::journal
