// FileTable, the part that recognises contents. A file is compared by what it holds: the ladder of its first bytes and
// the hash before the acknowledged position, both of decompressed data. Where the evidence is thin (a few bytes that
// two log files may well share) the names decide, and in doubt a line is rather sent twice than lost.
#include <algorithm>
#include <tuple>

#include "agent/file_table.h"
#include "agent/ladder.h"
#include "agent/sniff.h"
#include "base/log.h"

namespace cordwood::agent {

namespace {

// Equal bytes that cannot be chance: two contents that both begin with the same banner are told apart by less.
constexpr std::uint64_t kEvidenceBytes = 1024;
constexpr std::uint64_t kStrongEvidenceBytes = 4096;

// How many bytes were compared when a file matched.
std::uint64_t evidence(const Generation& generation) {
  const std::uint64_t head = generation.info.ladder.empty() ? 0 : generation.info.ladder.back().bytes;
  return std::max(head, std::min<std::uint64_t>(generation.acked.mark.offset, kMarkBytes));
}

// Sorts a family oldest first: dates, then numbers downwards, plain before compressed, the live file last.
auto age_of(const FollowedFile& file) {
  return std::make_tuple(std::string_view(file.name.live), !file.name.rotated, file.name.date == 0, file.name.date,
                         ~file.name.number, file.name.compressed, std::string_view(file.path));
}

}  // namespace

std::string base_name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

void FileTable::decide() {
  std::vector<FollowedFile*> undecided;
  for (auto& [key, file] : by_key_) {
    if (file->undecided) undecided.push_back(file.get());
  }
  decided_ = true;
  std::sort(undecided.begin(), undecided.end(),
            [](const FollowedFile* a, const FollowedFile* b) { return age_of(*a) < age_of(*b); });
  for (FollowedFile* file : undecided) recognise(*file);
}

// False when the file is skipped or has nothing to be judged by yet. Fills `head` with decompressed bytes.
bool FileTable::judge_kind(FollowedFile& file, std::string& head) {
  if (!ensure_open(file).ok()) return false;
  const auto raw = file.file->read_at(0, kSniffBytes);
  if (!raw.ok()) {
    note_problem(file, raw.status());
    return false;
  }
  file.problem.clear();
  file.unreadable = false;
  if (raw->empty()) return false;
  const FileKind kind = sniff(*raw);
  file.skip_reason = kind.skip_reason;
  file.content.reset();
  file.gzip = kind.gzip;
  if (kind.skip_reason.empty()) {
    ensure_content(file);
    const auto found = read_head(*file.content);
    if (!found.ok()) {
      note_problem(file, found.status());
      return false;
    }
    head = *found;
    file.skip_reason = text_problem(head);
    if (head.empty() && file.skip_reason.empty()) {
      const Content::End end = file.content->end();
      if (file.gzip && end.complete) file.skip_reason = end.reason.empty() ? "empty when unpacked" : end.reason;
    }
  }
  if (!file.skip_reason.empty()) {
    file.undecided = false;
    file.content.reset();
    return false;
  }
  return !head.empty();
}

void FileTable::recognise(FollowedFile& file) {
  // A file that was read to its end and looks as it did then is not read again.
  for (Generation* generation : candidates(file)) {
    if (generation->key == file.key && generation->finished && generation->finished_file_bytes == file.stat.bytes &&
        generation->finished_file_modified == file.stat.modified) {
      bind(file, *generation);
      file.exhausted = generation->file == &file;
      return;
    }
  }
  std::string head;
  if (!judge_kind(file, head)) {
    if (file.gzip) file.content.reset();
    return;
  }
  Generation* best = nullptr;
  Generation* longer = nullptr;
  bool wait = false;
  for (Generation* generation : candidates(file)) {
    const Match match = compare(file, *generation, head);
    if (match == Match::kShorter) longer = generation;
    if (match != Match::kYes) continue;
    const Bind answer = may_bind(file, *generation);
    wait = wait || answer == Bind::kWait;
    if (answer != Bind::kYes) continue;
    if (best == nullptr || generation->key == file.key) best = generation;
    if (best->key == file.key) break;
  }
  const bool growing = may_become(file);
  if (best != nullptr) {
    bind(file, *best);
  } else if (wait || (longer != nullptr && growing)) {
    // A copy that is still being made; looked at again at the next poll.
  } else if (longer != nullptr && is_superseded(file) && head.size() >= kStrongEvidenceBytes) {
    file.undecided = false;
    file.skip_reason = "a shorter copy of a content that is stored already: " + longer->info.path;
  } else {
    create(file, head);
  }
  // A window of decompressed bytes is held only while lines are cut.
  if (file.gzip) file.content.reset();
}

// By what they might be: the file itself, its family, and a family of the same name in another directory.
std::vector<Generation*> FileTable::candidates(const FollowedFile& file) const {
  std::vector<Generation*> found;
  const auto add = [&](Generation* generation) {
    if (std::find(found.begin(), found.end(), generation) == found.end()) found.push_back(generation);
  };
  for (auto [it, end] = by_last_key_.equal_range(file.key); it != end; ++it) add(it->second);
  const auto by_inode = static_cast<std::ptrdiff_t>(found.size());
  const auto family = families_.find(file.name.live);
  if (family != families_.end()) {
    for (Generation* generation : family->second) add(generation);
  }
  const auto same_name = by_base_name_.find(base_name_of(file.name.live));
  if (same_name != by_base_name_.end()) {
    for (Generation* generation : same_name->second) {
      if (generation->file == nullptr) add(generation);
    }
  }
  // The youngest first: of two that both match, the one that was being read when the agent stopped.
  std::reverse(found.begin() + by_inode, found.end());
  return found;
}

FileTable::Match FileTable::compare(FollowedFile& file, const Generation& generation, std::string_view head) {
  switch (compare_ladder(generation.info.ladder, head)) {
    case LadderMatch::kNo:
      return Match::kNo;
    case LadderMatch::kShorter:
      return Match::kShorter;
    case LadderMatch::kYes:
      break;
  }
  const core::Mark& mark = generation.acked.mark;
  if (!file.gzip && file.stat.bytes < mark.offset) return Match::kShorter;
  const auto hash = hash_before(*file.content, mark.offset);
  if (!hash.ok()) return hash.status().code() == base::StatusCode::kNotFound ? Match::kShorter : Match::kNo;
  return *hash == mark.hash ? Match::kYes : Match::kNo;
}

// Whether a file that is shorter than what was read, or that looks like a copy, may still be changing.
bool FileTable::may_become(const FollowedFile& file) const {
  if (is_quiet(file)) return false;
  return file.gzip ? !file.content->end().complete : file.name.rotated;
}

// The contents are equal as far as they can be compared. Is it the same content, or another that began alike?
FileTable::Bind FileTable::may_bind(const FollowedFile& file, const Generation& generation) const {
  if (generation.key == file.key) return Bind::kYes;
  const bool enough = evidence(generation) >= kEvidenceBytes;
  const bool moved_away = file.name.rotated || file.name.compressed;
  const FollowedFile* holder = generation.file;
  if (holder == nullptr) {
    // Without a hint (a lost checkpoint), of a rotated name, or on a device with another number after a reboot.
    const bool plausible = !generation.key.known() || moved_away || file.key.inode == generation.key.inode;
    return plausible || enough ? Bind::kYes : Bind::kNo;
  }
  if (!holder->linked) return moved_away || enough ? Bind::kYes : Bind::kNo;
  // Only our descriptor has it still: a compressor has made the holder from it, or it was moved to another file system.
  if (!file.linked) return enough || holder->name.compressed ? Bind::kYes : Bind::kNo;
  // Both exist. A compressor's output beside its input:
  if (file.name.compressed && file.name.uncompressed == holder->path) return Bind::kYes;
  if (holder->name.compressed && holder->name.uncompressed == file.path) return Bind::kYes;
  // The copy of copytruncate beside the live file, which is about to be truncated; whichever was seen first.
  if (holder->name.rotated != file.name.rotated) {
    if (enough) return Bind::kYes;
    return is_quiet(file.name.rotated ? file : *holder) ? Bind::kNo : Bind::kWait;
  }
  return moved_away && evidence(generation) >= kStrongEvidenceBytes ? Bind::kYes : Bind::kNo;
}

void FileTable::bind(FollowedFile& file, Generation& generation) {
  base::log_debug("recognised path={} inode={} generation={} acked={} also_at={}", file.path, file.key.inode,
                  base::to_hex(generation.info.id.generation.value), generation.acked.mark.offset,
                  generation.file == nullptr ? "-" : generation.file->path);
  file.generation = &generation;
  file.undecided = false;
  file.exhausted = false;
  file.waiting_bytes = 0;
  FollowedFile* holder = generation.file;
  const bool lives = holder != nullptr && holder->name.rotated && !file.name.rotated && !file.gzip;
  if (holder == nullptr || lives || generation.key == file.key) {
    if (holder != nullptr) generation.copies.push_back(holder);
    generation.file = &file;
    note_move(generation, file);
    set_key(generation, file.key);
    if (generation.finished_file_bytes != file.stat.bytes) reopen(generation);
    if (!file.gzip) generation.known_bytes = std::max(generation.known_bytes, file.stat.bytes);
    generation.last_write = file.stat.modified;
  } else {
    generation.copies.push_back(&file);
  }
  generation.missing_since.reset();
  generation.gone_since = {};
  if (generation.order == 0) {
    generation.order = next_order_++;
    std::vector<Generation*>& family = families_[generation.info.path];
    std::stable_sort(family.begin(), family.end(),
                     [](const Generation* a, const Generation* b) { return a->order < b->order; });
  }
  dirty = true;
}

// The agent was stopped, and finds the content in another file. Where its own still has its name but nothing in it, it
// was copied and cut.
void FileTable::note_move(Generation& generation, const FollowedFile& to) {
  if (generation.key == to.key || generation.finished) return;
  generation.former_key = generation.key;
  const auto former = by_key_.find(generation.key);
  if (former == by_key_.end() || !former->second->linked || former->second->stat.bytes > 0) return;
  note_cut(generation, *former->second);
  generation.former_key = {};
}

core::SharedLabels FileTable::labels_of(const std::string& live_path) const {
  std::vector<core::Label> labels{{"file", live_path}, {"host", options_.host}, {"job", job_of(live_path)}};
  labels.insert(labels.end(), options_.labels.begin(), options_.labels.end());
  return std::make_shared<const core::Labels>(std::move(labels));
}

Generation& FileTable::add_generation(const RotatedName& name, base::UnixNanos modified) {
  auto owned = std::make_unique<Generation>();
  Generation& generation = *owned;
  generation.info.id.host = options_.host;
  generation.info.id.generation = {random_.next_id()};
  generation.info.path = name.live;
  generation.info.labels = labels_of(name.live);
  generation.info.base = generation.acked.mark;
  generation.order = next_order_++;
  generation.history = name.rotated || name.compressed;
  generation.modified = generation.last_write = modified;
  generation.introduce_by = clock_.monotonic() + options_.introduction_patience;
  has_news = true;
  generations_.emplace(generation.info.id.generation, std::move(owned));
  index(generation);
  dirty = true;
  return generation;
}

// The agent was stopped while logrotate copied and cut the file: its inode has another content now, and the old one
// lives in the copy or nowhere.
void FileTable::note_cut_while_stopped(const FollowedFile& file) {
  const auto family = families_.find(file.name.live);
  if (family == families_.end()) return;
  for (Generation* generation : family->second) {
    const bool was_here = generation->key == file.key || generation->former_key == file.key;
    const bool was_read_here = generation->former_key == file.key || !generation->finished;
    if (was_here && was_read_here && generation->file != &file) note_cut(*generation, file);
    if (was_here) generation->former_key = {};
  }
}

Generation& FileTable::create(FollowedFile& file, std::string_view head) {
  note_cut_while_stopped(file);
  Generation& generation = add_generation(file.name, file.stat.modified);
  generation.history = generation.history || file.gzip;
  generation.info.ladder = ladder_of(head);
  generation.file = &file;
  set_key(generation, file.key);
  generation.looks.note(file.clear_until, 0);
  generation.late = std::exchange(file.late, false);
  if (!file.gzip) generation.known_bytes = file.stat.bytes;
  file.generation = &generation;
  file.undecided = false;
  file.exhausted = false;
  file.waiting_bytes = 0;
  file.skip_reason.clear();
  base::log_debug("new content path={} inode={} bytes={} generation={}", file.path, file.key.inode, file.stat.bytes,
                  base::to_hex(generation.info.id.generation.value));
  return generation;
}

}  // namespace cordwood::agent
