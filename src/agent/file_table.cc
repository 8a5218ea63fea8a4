#include "agent/file_table.h"

#include <algorithm>
#include <tuple>

#include "agent/ladder.h"
#include "base/check.h"
#include "base/log.h"

namespace cordwood::agent {

namespace {

FileKey key_of(const io::FileStat& stat) {
  return {stat.device, stat.inode};
}

bool same_look(const io::FileStat& a, const io::FileStat& b) {
  return a.bytes == b.bytes && a.modified == b.modified;
}

void erase_value(std::multimap<FileKey, Generation*>& map, const FileKey& key, const Generation* generation) {
  for (auto [it, end] = map.equal_range(key); it != end; ++it) {
    if (it->second != generation) continue;
    map.erase(it);
    return;
  }
}

}  // namespace

FileTable::FileTable(FileTableOptions options, io::FileSystem& files, base::Clock& clock, base::Random& random)
    : options_(std::move(options)), files_(files), clock_(clock), random_(random) {}
FileTable::~FileTable() = default;

void FileTable::restore(std::vector<Generation> generations, std::uint64_t next_order, base::UnixNanos watermark,
                        const std::vector<std::string>& unreadable) {
  unreadable_before_.insert(unreadable.begin(), unreadable.end());
  next_order_ = std::max(next_order_, next_order);
  names_known_ = std::max(names_known_, watermark);
  for (Generation& generation : generations) {
    generation.looks.note(watermark, generation.acked.mark.offset);
    generation.introduced = true;
    const core::GenerationId id = generation.info.id.generation;
    auto [it, is_new] = generations_.try_emplace(id, nullptr);
    if (!is_new) continue;
    it->second = std::make_unique<Generation>(std::move(generation));
    index(*it->second);
  }
}

Generation* FileTable::find(const core::GenerationId& id) {
  const auto it = generations_.find(id);
  return it == generations_.end() ? nullptr : it->second.get();
}

void FileTable::index(Generation& generation) {
  std::vector<Generation*>& family = families_[generation.info.path];
  const auto place = std::upper_bound(family.begin(), family.end(), &generation,
                                      [](const Generation* a, const Generation* b) { return a->order < b->order; });
  family.insert(place, &generation);
  by_base_name_[base_name_of(generation.info.path)].push_back(&generation);
  by_last_key_.emplace(generation.key, &generation);
}

void FileTable::unindex(Generation& generation) {
  const auto forget = [&](auto& map, const std::string& name) {
    std::vector<Generation*>& list = map[name];
    std::erase(list, &generation);
    if (list.empty()) map.erase(name);
  };
  forget(families_, generation.info.path);
  forget(by_base_name_, base_name_of(generation.info.path));
  erase_value(by_last_key_, generation.key, &generation);
}

void FileTable::set_key(Generation& generation, const FileKey& key) {
  if (generation.key == key) return;
  erase_value(by_last_key_, generation.key, &generation);
  generation.key = key;
  by_last_key_.emplace(key, &generation);
}

std::vector<const Generation*> FileTable::all_generations() const {
  std::vector<const Generation*> all;
  for (const auto& [id, generation] : generations_) all.push_back(generation.get());
  return all;
}

std::vector<Generation*> FileTable::generations() {
  std::vector<Generation*> all;
  for (const auto& [id, generation] : generations_) all.push_back(generation.get());
  return all;
}

// --- scans --------------------------------------------------------------------------------------------------------

void FileTable::apply_scan(const ScanResult& scan, base::UnixNanos began) {
  for (auto& [key, file] : by_key_) file->linked = false;
  for (const FoundFile& found : scan.files) {
    const auto it = by_key_.find(key_of(found.stat));
    if (it == by_key_.end()) {
      add_file(found, began);
    } else {
      see_again(*it->second, found, began);
    }
  }
  scan_problems_ = scan.problems;
  // Without name and descriptor a file is out of reach.
  for (auto it = by_key_.begin(); it != by_key_.end();) {
    FollowedFile& file = *it->second;
    if (!file.linked && file.file == nullptr) {
      if (file.undecided && file.stat.bytes > 0) lose_unknown(file, file.stat.bytes, core::LossReason::kGone);
      release(file);
      it = by_key_.erase(it);
    } else {
      ++it;
    }
  }
}

void FileTable::add_file(const FoundFile& found, base::UnixNanos began) {
  auto file = std::make_unique<FollowedFile>();
  file->key = key_of(found.stat);
  file->path = found.path;
  file->name = found.name;
  file->stat = found.stat;
  file->changed_at = clock_.monotonic();
  file->looked_at = began;
  file->clear_until = names_known_;
  file->late = unreadable_before_.contains(file->path);
  // A failure is kept in `problem` and tried again by decide().
  (void)ensure_open(*file);
  by_key_.emplace(file->key, std::move(file));
}

void FileTable::see_again(FollowedFile& file, const FoundFile& found, base::UnixNanos began) {
  // A second name of the same file: hard link, symbolic link. The first stays, unless the old name is among them.
  if (file.linked && found.path != file.path) return;
  const bool was_rotated = file.name.rotated;
  file.linked = true;
  file.path = found.path;
  file.name = found.name;
  if (file.file != nullptr) return;  // look() compares by descriptor
  const bool changed = !same_look(file.stat, found.stat);
  const base::UnixNanos unchanged_until = as_of(file);
  if (changed) {
    file.changed_at = clock_.monotonic();
    note_look(file);
  }
  file.looked_at = began;
  // While no descriptor pinned it, the inode may have been given to another file.
  if (changed || (was_rotated && !found.name.rotated)) {
    // While it was undecided and could not be opened, it stays as unclear as it was.
    if (!file.undecided || file.stat.bytes == 0) file.clear_until = unchanged_until;
    file.stat = found.stat;
    release(file);
    file.undecided = true;
    file.skip_reason.clear();
    (void)ensure_open(file);
  }
}

// --- looks --------------------------------------------------------------------------------------------------------

bool FileTable::look() {
  const base::UnixNanos now = clock_.now();
  if (now < last_look_) clock_was_set_back(now);
  last_look_ = now;
  bool replaced = false;
  for (auto& [key, file] : by_key_) replaced = look_at(*file, now) || replaced;
  return replaced;
}

bool FileTable::look(const std::vector<std::string>& paths) {
  const base::UnixNanos now = clock_.now();
  bool scan_wanted = false;
  for (auto& [key, file] : by_key_) {
    if (!std::binary_search(paths.begin(), paths.end(), file->path)) continue;
    scan_wanted = file->file == nullptr || look_at(*file, now) || scan_wanted;
  }
  return scan_wanted;
}

void FileTable::clock_was_set_back(base::UnixNanos now) {
  base::log_warn("clock was set back seconds={}", (last_look_ - now).count() / 1'000'000'000);
  names_known_ = std::min(names_known_, now);
  for (auto& [key, file] : by_key_) {
    file->looked_at = std::min(file->looked_at, now);
    file->clear_until = std::min(file->clear_until, now);
  }
  for (auto& [id, generation] : generations_) generation->looks.clamp(now);
}

base::UnixNanos FileTable::as_of(const FollowedFile& file) const {
  return file.file != nullptr || !file.linked ? file.looked_at : std::max(file.looked_at, names_known_);
}

void FileTable::note_look(FollowedFile& file) {
  if (file.gzip || file.generation == nullptr || file.generation->file != &file) return;
  // A copy may lack what was seen at the end of the file that it was made from.
  file.generation->looks.note(as_of(file), std::max(file.stat.bytes, file.generation->known_bytes));
}

void FileTable::look_at_undecided(FollowedFile& file, const io::FileStat& before) {
  const bool shrank = file.stat.bytes < before.bytes;
  // What was no text may be text after a truncation.
  if (shrank && file.undecided && !file.name.rotated && !file.name.compressed) {
    lose_unknown(file, before.bytes, core::LossReason::kTruncated);
  }
  if (shrank) file.undecided = true;
}

bool FileTable::look_at(FollowedFile& file, base::UnixNanos now) {
  if (file.file == nullptr) return false;
  const base::StatusOr<io::FileStat> stat = file.file->stat();
  if (!stat.ok()) {
    note_problem(file, stat.status());
    return false;
  }
  if (same_look(*stat, file.stat)) {
    file.looked_at = now;
    // Perhaps it can be read now.
    if (file.unreadable && file.generation != nullptr) file.exhausted = false;
    return false;
  }
  note_look(file);
  const io::FileStat before = std::exchange(file.stat, *stat);
  const base::UnixNanos looked_before = std::exchange(file.looked_at, now);
  const bool shrank = file.stat.bytes < before.bytes;
  file.changed_at = clock_.monotonic();
  file.exhausted = false;
  if (file.generation == nullptr) {
    look_at_undecided(file, before);
    if (shrank || before.bytes == 0) file.clear_until = looked_before;
    return false;
  }
  Generation& generation = *file.generation;
  const bool is_read_from = generation.file == &file;
  if (file.gzip && !shrank) {
    if (is_read_from) reopen(generation);
    return false;
  }
  const core::Mark& mark = is_read_from ? generation.read.mark : generation.acked.mark;
  const auto holds = file.gzip ? base::StatusOr<bool>(false) : file_holds(file, generation, mark);
  if (!holds.ok()) {
    note_problem(file, holds.status());
    return false;
  }
  // A copy does not shrink; where it did, it is being made anew, of something else.
  if (*holds && (is_read_from || !shrank)) {
    if (!is_read_from) return false;
    reopen(generation);
    if (shrank && generation.known_bytes > file.stat.bytes) {
      add_loss_of(generation, file.stat.bytes, generation.known_bytes - file.stat.bytes, core::LossReason::kTruncated,
                  now);
      generation.known_bytes = file.stat.bytes;
    }
    generation.known_bytes = std::max(generation.known_bytes, file.stat.bytes);
    generation.last_write = file.stat.modified;
    return false;
  }
  base::log_info("file was truncated or replaced path={} offset={} bytes={}", file.path, mark.offset, file.stat.bytes);
  if (is_read_from && !generation.finished) note_cut(generation, file);
  release(file);
  file.undecided = true;
  file.clear_until = looked_before;
  return true;
}

base::StatusOr<bool> FileTable::file_holds(FollowedFile& file, const Generation& generation, const core::Mark& mark) {
  const auto hash = hash_before(*file.content, mark.offset);
  if (hash.status().code() == base::StatusCode::kNotFound) return false;
  if (!hash.ok()) return hash.status();
  if (*hash != mark.hash) return false;
  // At the beginning that says little or nothing, but the ladder does.
  if (mark.offset >= kMarkBytes) return true;
  ASSIGN_OR_RETURN(const std::string head, read_head(*file.content));
  return compare_ladder(generation.info.ladder, head) == LadderMatch::kYes;
}

void FileTable::content_changed(Generation& generation) {
  FollowedFile* file = generation.file;
  if (file == nullptr) return;
  base::log_info("file was truncated or replaced path={} offset={}", file->path, generation.read.mark.offset);
  note_look(*file);
  if (!generation.finished) note_cut(generation, *file);
  release(*file);
  // As it is now, or the next look would take the cut for a second one.
  if (file->file != nullptr) {
    const base::StatusOr<io::FileStat> stat = file->file->stat();
    if (stat.ok()) file->stat = *stat;
  }
  file->undecided = true;
  file->clear_until = file->looked_at;
  file->exhausted = false;
  file->changed_at = clock_.monotonic();
}

void FileTable::read_failed(Generation& generation, const base::Status& status) {
  if (generation.file == nullptr) return;
  note_problem(*generation.file, status);
  generation.late = generation.late || generation.file->unreadable;
  generation.file->exhausted = true;
}

void FileTable::note_problem(FollowedFile& file, const base::Status& status) {
  file.problem = base::message_of(status);
  const base::StatusCode code = status.code();
  file.unreadable = code != base::StatusCode::kNotFound && code != base::StatusCode::kAborted;
  file.late = file.late || file.unreadable;
}

// --- which file holds a generation --------------------------------------------------------------------------------

void FileTable::release(FollowedFile& file) {
  Generation* generation = std::exchange(file.generation, nullptr);
  file.exhausted = false;
  file.waiting_bytes = 0;
  if (generation == nullptr) return;
  std::erase(generation->copies, &file);
  if (generation->file == &file) {
    generation->file = nullptr;
    choose_file(*generation);
  }
}

void FileTable::choose_file(Generation& generation) {
  // A plain file before a compressed one; a copy is used only if it has the bytes before the position.
  std::stable_sort(generation.copies.begin(), generation.copies.end(),
                   [](const FollowedFile* a, const FollowedFile* b) { return a->gzip < b->gzip; });
  for (FollowedFile* copy : generation.copies) {
    if (!ensure_open(*copy).ok()) continue;
    ensure_content(*copy);
    if (!file_holds(*copy, generation, generation.acked.mark).value_or(false)) continue;
    std::erase(generation.copies, copy);
    generation.file = copy;
    set_key(generation, copy->key);
    copy->exhausted = false;
    generation.finished = false;
    if (!copy->gzip) generation.known_bytes = std::max(generation.known_bytes, copy->stat.bytes);
    dirty = true;
    return;
  }
  if (!generation.finished) generation.missing_since = clock_.monotonic();
  if (generation.gone_since.value == 0) {
    generation.gone_since = clock_.now();
    dirty = true;
  }
}

base::Status FileTable::ensure_open(FollowedFile& file) {
  if (file.file != nullptr) return base::ok_status();
  if (!file.linked) return base::not_found_error("{} is gone", file.path);
  make_room_for_descriptor();
  auto opened = files_.open(file.path, io::OpenMode::kRead);
  base::Status status = opened.status();
  if (status.ok()) {
    const auto stat = (*opened)->stat();
    status = stat.status();
    // Renamed between the scan and now: the next scan knows better.
    if (status.ok() && key_of(*stat) != file.key) status = base::aborted_error("{} is being rotated", file.path);
    if (status.ok()) file.stat = *stat;
  }
  if (!status.ok()) {
    note_problem(file, status);
    return status;
  }
  file.problem.clear();
  file.unreadable = false;
  file.file = *std::move(opened);
  ++open_files_;
  return base::ok_status();
}

void FileTable::ensure_content(FollowedFile& file) {
  if (file.content != nullptr) return;
  file.content = file.gzip ? make_gzip_content(*file.file) : make_plain_content(*file.file);
}

void FileTable::close(FollowedFile& file) {
  if (file.file == nullptr) return;
  note_look(file);
  file.content.reset();
  --open_files_;
  file.file.reset();
}

// At the limit, what is read to its end is closed, the longest unchanged first: a change of it is seen by the next
// scan.
void FileTable::make_room_for_descriptor() {
  if (open_files_ < options_.descriptors_max) return;
  FollowedFile* oldest = nullptr;
  for (auto& [key, file] : by_key_) {
    const bool idle = file->generation == nullptr ? !file->skip_reason.empty()
                                                  : file->exhausted && file->generation->slices_on_way == 0;
    if (file->file == nullptr || !file->linked || !idle) continue;
    if (oldest == nullptr || file->changed_at < oldest->changed_at) oldest = file.get();
  }
  if (oldest != nullptr) close(*oldest);
}

base::StatusOr<Content*> FileTable::open_content(Generation& generation) {
  CHECK(generation.file != nullptr);
  FollowedFile& file = *generation.file;
  RETURN_IF_ERROR(ensure_open(file));
  ensure_content(file);
  return file.content.get();
}

bool FileTable::refresh_ladder(Generation& generation) {
  FollowedFile& file = *generation.file;
  if (!file.gzip && !ladder_can_grow(generation.info.ladder, file.stat.bytes)) return true;
  if (file.gzip && !ladder_can_grow(generation.info.ladder, kHeadBytes)) return true;
  // A finished head of a compressed file cannot grow.
  if (file.gzip && file.content->end().complete) return true;
  const auto head = read_head(*file.content);
  if (!head.ok()) return true;
  if (!generation.info.ladder.empty() && compare_ladder(generation.info.ladder, *head) != LadderMatch::kYes)
    return false;
  generation.info.ladder = ladder_of(*head);
  dirty = true;
  return true;
}

Generation* FileTable::start_over(Generation& generation) {
  FollowedFile* file = generation.file;
  if (file == nullptr) return nullptr;
  const Position end = generation.acked;
  const auto hash = file->content == nullptr ? base::StatusOr<base::Hash128>(base::not_found_error("closed"))
                                             : hash_before(*file->content, end.mark.offset);
  const bool verified = hash.ok() && *hash == end.mark.hash;
  // The old one is through: none of its files may come back to it.
  generation.info.ladder.clear();
  generation.finished = true;
  generation.known_bytes = 0;
  for (FollowedFile* copy : std::vector<FollowedFile*>(generation.copies)) {
    release(*copy);
    copy->undecided = true;
  }
  release(*file);
  const auto head = file->content == nullptr ? std::string() : read_head(*file->content).value_or(std::string());
  Generation& next = create(*file, head);
  next.looks = generation.looks;
  if (verified) {
    next.info.base = end.mark;
    next.acked = next.read = end;
  }
  return &next;
}

void FileTable::forget_progress(Generation& generation) {
  generation.acked = generation.read = Position{};
  generation.info.base = generation.acked.mark;
  generation.place_known = true;
  generation.finished = false;
  generation.finished_file_bytes = 0;
  generation.refused.clear();
  generation.losses.clear();
  generation.cut = false;
  if (generation.file != nullptr) {
    generation.file->exhausted = false;
  } else {
    // Nothing of it is on this host any more: the account with the new server begins with what is.
    generation.finished = true;
    generation.known_bytes = 0;
    generation.missing_since.reset();
  }
  dirty = true;
}

}  // namespace cordwood::agent
