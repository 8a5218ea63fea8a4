// FileTable, the part that ends generations: what is read to its end is finished, what cannot be read any more is lost,
// and said to be.
#include <algorithm>

#include "agent/file_table.h"
#include "agent/ladder.h"
#include "agent/losses.h"
#include "base/log.h"

namespace cordwood::agent {

namespace {

// So long a generation without a file is remembered: a mount may come back, a compressor may take its time.
constexpr base::nanoseconds kGoneMemory = std::chrono::hours(24 * 7);
// And so long when the server has not heard of its losses.
constexpr base::nanoseconds kUntoldMemory = std::chrono::hours(24 * 60);
// Fewer equal bytes may be chance: two logs that begin with the same banner.
constexpr std::uint64_t kEvidenceBytes = 1024;
// Paths of files that came and went unseen.
constexpr std::size_t kUnseenMax = 256;

}  // namespace

bool FileTable::is_quiet(const FollowedFile& file) const {
  return clock_.monotonic() - file.changed_at >= options_.quiet_period ||
         clock_.now() - file.stat.modified >= options_.quiet_period;
}

bool FileTable::is_superseded(const FollowedFile& file) const {
  return !file.linked || file.name.rotated || file.gzip;
}

bool FileTable::ended(const Generation& generation) const {
  const FollowedFile* file = generation.file;
  if (file == nullptr || !is_superseded(*file)) return false;
  if (file->gzip) return file->content != nullptr && file->content->end().complete;
  return is_quiet(*file);
}

base::UnixNanos FileTable::fallback_time(const Generation& generation) const {
  const base::UnixNanos now = clock_.now();
  if (generation.history) return generation.modified;
  // A live file that nobody has written to for a while was written then, not now.
  const FollowedFile* file = generation.file;
  if (file != nullptr && now - file->stat.modified > std::chrono::minutes(1)) return file->stat.modified;
  return now;
}

bool FileTable::has_unread(const Generation& generation) const {
  if (generation.file == nullptr) {
    return generation.missing_since.has_value() && generation.known_bytes > generation.read.mark.offset;
  }
  return !generation.file->exhausted;
}

bool FileTable::is_lost(const Generation& generation) const {
  return generation.file == nullptr && generation.missing_since.has_value() &&
         generation.known_bytes > generation.read.mark.offset &&
         clock_.monotonic() - *generation.missing_since >= options_.missing_patience;
}

void FileTable::settle() {
  for (auto it = by_key_.begin(); it != by_key_.end();) {
    FollowedFile& file = *it->second;
    settle_file(file);
    if (!file.linked && file.file == nullptr) {
      release(file);
      it = by_key_.erase(it);
    } else {
      ++it;
    }
  }
  for (auto& [id, generation] : generations_) settle_generation(*generation);
  drop_old_generations();
}

void FileTable::settle_file(FollowedFile& file) {
  Generation* generation = file.generation;
  if (generation == nullptr) {
    // Skipped: nothing to wait for. Undecided and unlinked: an empty file, or one that could not be opened.
    const bool empty = file.undecided && file.stat.bytes == 0;
    if (!file.skip_reason.empty() || (!file.linked && empty && is_quiet(file))) close(file);
    return;
  }
  if (generation->file != &file) {
    if (file.gzip || !file.linked) close(file);
    return;
  }
  if (!file.exhausted || generation->slices_on_way > 0) return;
  if (generation->late && !file.unreadable && accounted(*generation) >= file.stat.bytes) generation->late = false;
  // The old file of an atomic replace is read: go on in the new one.
  if (!file.linked && !generation->copies.empty() && file.waiting_bytes == 0) {
    close(file);
    return;
  }
  const bool cut_short = file.gzip && file.content != nullptr && !file.content->end().complete && is_quiet(file);
  if (!generation->finished && (ended(*generation) || cut_short)) {
    if (file.waiting_bytes > 0 && !cut_short) {
      file.exhausted = false;  // the rest without newline is cut now
      return;
    }
    finish(*generation, file);
  }
  if (cut_short) {
    file.problem = file.content->end().reason;
    file.content.reset();  // its window; look_at() begins again when the file changes
  }
  const base::nanoseconds unchanged = clock_.monotonic() - file.changed_at;
  if (generation->finished && (file.linked || unchanged >= options_.deleted_quiet_period)) close(file);
}

// All of it that there is was acknowledged.
void FileTable::finish(Generation& generation, const FollowedFile& file) {
  const std::uint64_t end = generation.acked.mark.offset;
  // What may follow behind the last byte that was seen begins behind the last one that was read.
  for (core::Loss& loss : generation.losses) {
    if (loss.at_least == 0) loss.begin = std::max(loss.begin, end);
  }
  const bool damaged = file.gzip && file.content != nullptr && !file.content->end().reason.empty();
  const std::uint64_t seen = std::max(generation.known_bytes, end + file.waiting_bytes);
  const std::uint64_t missing = seen - std::min(seen, end);
  if (damaged) {
    add_loss_of(generation, end, missing, core::LossReason::kUnreadable, file.stat.modified);
  } else if (missing > 0) {
    add_loss_of(generation, end, missing, generation.cut ? core::LossReason::kTruncated : core::LossReason::kGone,
                clock_.now());
  }
  generation.finished = true;
  generation.finished_file_bytes = file.stat.bytes;
  generation.finished_file_modified = file.stat.modified;
  dirty = true;
}

// There is more of it after all, or there may be: what was given up behind its position is looked for again.
void FileTable::reopen(Generation& generation) {
  if (!generation.finished) return;
  generation.finished = false;
  const std::uint64_t end = generation.acked.mark.offset;
  std::erase_if(generation.losses, [&](core::Loss& loss) {
    if (loss.begin < end || loss.exact) return false;
    // Of a cut only the unknown amount is certain.
    loss.at_least = 0;
    return loss.reason != core::LossReason::kTruncated;
  });
  dirty = true;
}

void FileTable::drop_old_generations() {
  const base::UnixNanos now = clock_.now();
  for (auto it = generations_.begin(); it != generations_.end();) {
    Generation& generation = *it->second;
    const bool gone =
        generation.file == nullptr && generation.copies.empty() && generation.slices_on_way == 0 && generation.finished;
    if (gone && generation.gone_since.value == 0) {
      generation.gone_since = now;
      dirty = true;
    }
    const bool told = generation.losses.empty() || (generation.heard && generation.told == fingerprint_of(generation));
    const base::nanoseconds gone_for = gone ? now - generation.gone_since : base::nanoseconds(0);
    if (gone_for > kGoneMemory && (told || gone_for > kUntoldMemory)) {
      unindex(generation);
      std::erase_if(unseen_, [&](const auto& unseen) { return unseen.second == &generation; });
      forgotten_.push_back(it->first);
      it = generations_.erase(it);
      dirty = true;
    } else {
      ++it;
    }
  }
}

// --- losses -------------------------------------------------------------------------------------------------------

void FileTable::add_loss_of(Generation& generation, std::uint64_t begin, std::uint64_t at_least,
                            core::LossReason reason, base::UnixNanos until) {
  core::Loss loss;
  loss.begin = begin;
  loss.at_least = at_least;
  loss.since = generation.looks.latest(begin);
  loss.until = std::max(until, loss.since);
  loss.reason = reason;
  base::log_error("lines may be lost path={} offset={} bytes_at_least={} reason={}", generation.info.path, begin,
                  at_least, name_of(reason));
  add_loss(generation.losses, loss);
  has_unsaved_losses = true;
  dirty = true;
}

void FileTable::note_cut(Generation& generation, const FollowedFile& file) {
  if (generation.cut) return;
  const bool in_place = !file.name.rotated && !file.name.compressed;
  generation.cut = in_place;
  // Between the last look and the cut more may have been written, to be found in no file now. What was seen is waited
  // for: there may be a copy.
  const std::uint64_t seen = std::max(generation.known_bytes, generation.acked.mark.offset);
  add_loss_of(generation, seen, 0, in_place ? core::LossReason::kTruncated : core::LossReason::kGone, clock_.now());
}

// Waits for whoever has no file, and gives up in the end. What is known to be unread goes the way of a lost slice.
void FileTable::settle_generation(Generation& generation) {
  if (generation.file != nullptr || generation.finished || !decided_) return;
  if (generation.gone_since.value == 0) {
    generation.gone_since = clock_.now();
    dirty = true;
  }
  const base::MonotonicNanos now = clock_.monotonic();
  if (!generation.missing_since.has_value()) generation.missing_since = now;
  const bool patient = now - *generation.missing_since < options_.missing_patience;
  if (patient || generation.slices_on_way > 0 || generation.known_bytes > generation.read.mark.offset) return;
  if (generation.acked.mark.offset == generation.read.mark.offset) give_up(generation);
}

// It was read to the end that was known, but that need not have been the last.
void FileTable::give_up(Generation& generation) {
  if (!generation.cut) {
    add_loss_of(generation, generation.acked.mark.offset, 0, core::LossReason::kGone, generation.gone_since);
  }
  generation.missing_since.reset();
  generation.finished = true;
  dirty = true;
}

void FileTable::lost(Generation& generation, std::uint64_t begin) {
  const std::uint64_t bytes = generation.known_bytes > begin ? generation.known_bytes - begin : 0;
  add_loss_of(generation, begin, found_elsewhere(generation) ? 0 : bytes,
              generation.cut ? core::LossReason::kTruncated : core::LossReason::kGone, generation.gone_since);
  generation.missing_since.reset();
  generation.finished = true;
}

void FileTable::refused(Generation& generation, std::uint64_t begin, std::uint64_t end) {
  core::Loss loss;
  loss.begin = begin;
  loss.at_least = end - begin;
  loss.exact = true;
  loss.since = generation.looks.latest(begin);
  loss.until = clock_.now();
  loss.reason = core::LossReason::kRefused;
  add_loss(generation.losses, loss);
  has_unsaved_losses = true;
}

void FileTable::lose_unknown(const FollowedFile& file, std::uint64_t bytes, core::LossReason reason) {
  Generation& generation = add_generation(file.name, file.stat.modified);
  generation.looks.note(file.clear_until, 0);
  // An older name may be a copy of what is stored; so may anything before contents were compared. What was cut in place
  // may have been copied before: logrotate's copytruncate does nothing else.
  const bool new_bytes =
      reason != core::LossReason::kTruncated && decided_ && !file.name.rotated && !file.name.compressed;
  generation.known_bytes = new_bytes ? bytes : 0;
  generation.finished = true;
  generation.gone_since = clock_.now();
  add_loss_of(generation, 0, generation.known_bytes, reason, generation.gone_since);
}

void FileTable::lose_unseen(const std::string& path) {
  RotatedName name = parse_rotated_name(path);
  // Programs that make a file for each thing they do would fill the ledger: they share an entry for the directory.
  if (!unseen_.contains(name.live) && unseen_.size() >= kUnseenMax) {
    name.live = path.substr(0, path.rfind('/')) + "/*";
  }
  Generation*& known = unseen_[name.live];
  if (known == nullptr) {
    known = &add_generation(name, clock_.now());
    known->finished = true;
  }
  known->gone_since = clock_.now();
  known->last_write = clock_.now();
  known->looks.note(names_known_, 0);
  core::Loss loss;
  loss.since = std::min(names_known_, clock_.now());
  loss.until = clock_.now();
  loss.reason = core::LossReason::kGone;
  base::log_error("a file came and went before it was read path={}", path);
  add_loss(known->losses, loss);
  has_unsaved_losses = true;
  dirty = true;
}

// A content that is too short to be known again for certain may have been sent as another one.
bool FileTable::found_elsewhere(const Generation& generation) {
  if (generation.info.ladder.empty() || generation.info.ladder.back().bytes >= kEvidenceBytes) return false;
  const std::string name = base_name_of(generation.info.path);
  for (auto& [key, file] : by_key_) {
    if (base_name_of(file->name.live) != name || !ensure_open(*file).ok()) continue;
    ensure_content(*file);
    const auto head = read_head(*file->content);
    if (head.ok() && compare_ladder(generation.info.ladder, *head) == LadderMatch::kYes) return true;
  }
  return false;
}

}  // namespace cordwood::agent
