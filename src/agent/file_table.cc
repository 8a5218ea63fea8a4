#include "agent/file_table.h"

#include <algorithm>
#include <tuple>

#include "agent/ladder.h"
#include "base/check.h"
#include "base/log.h"

namespace cordwood::agent {

namespace {

// So long a generation without a file is remembered: a mount may come back, a compressor may take its time.
constexpr base::nanoseconds kGoneMemory = std::chrono::hours(24 * 7);

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

void FileTable::restore(std::vector<Generation> generations, std::uint64_t next_order) {
  next_order_ = std::max(next_order_, next_order);
  for (Generation& generation : generations) {
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

// --- scans --------------------------------------------------------------------------------------------------------

void FileTable::apply_scan(const ScanResult& scan) {
  for (auto& [key, file] : by_key_) file->linked = false;
  for (const FoundFile& found : scan.files) {
    const auto it = by_key_.find(key_of(found.stat));
    if (it == by_key_.end()) {
      add_file(found);
    } else {
      see_again(*it->second, found);
    }
  }
  scan_problems_ = scan.problems;
  // Without name and descriptor a file is out of reach.
  for (auto it = by_key_.begin(); it != by_key_.end();) {
    FollowedFile& file = *it->second;
    if (!file.linked && file.file == nullptr) {
      release(file);
      it = by_key_.erase(it);
    } else {
      ++it;
    }
  }
}

void FileTable::add_file(const FoundFile& found) {
  auto file = std::make_unique<FollowedFile>();
  file->key = key_of(found.stat);
  file->path = found.path;
  file->name = found.name;
  file->stat = found.stat;
  file->changed_at = clock_.monotonic();
  // A failure is kept in `problem` and tried again by decide().
  (void)ensure_open(*file);
  by_key_.emplace(file->key, std::move(file));
}

void FileTable::see_again(FollowedFile& file, const FoundFile& found) {
  // A second name of the same file: hard link, symbolic link. The first stays, unless the old name is among them.
  if (file.linked && found.path != file.path) return;
  const bool was_rotated = file.name.rotated;
  file.linked = true;
  file.path = found.path;
  file.name = found.name;
  if (file.file != nullptr) return;  // look() compares by descriptor
  const bool changed = !same_look(file.stat, found.stat);
  if (changed) file.changed_at = clock_.monotonic();
  // While no descriptor pinned it, the inode may have been given to another file.
  if (changed || (was_rotated && !found.name.rotated)) {
    file.stat = found.stat;
    release(file);
    file.undecided = true;
    file.skip_reason.clear();
    (void)ensure_open(file);
  }
}

// --- looks --------------------------------------------------------------------------------------------------------

bool FileTable::look() {
  bool replaced = false;
  for (auto& [key, file] : by_key_) replaced = look_at(*file) || replaced;
  return replaced;
}

bool FileTable::look(const std::vector<std::string>& paths) {
  bool replaced = false;
  for (auto& [key, file] : by_key_) {
    if (std::binary_search(paths.begin(), paths.end(), file->path)) replaced = look_at(*file) || replaced;
  }
  return replaced;
}

bool FileTable::look_at(FollowedFile& file) {
  if (file.file == nullptr) return false;
  const base::StatusOr<io::FileStat> stat = file.file->stat();
  if (!stat.ok()) {
    file.problem = base::message_of(stat.status());
    return false;
  }
  if (same_look(*stat, file.stat)) return false;
  const bool shrank = stat->bytes < file.stat.bytes;
  file.stat = *stat;
  file.changed_at = clock_.monotonic();
  file.exhausted = false;
  if (file.generation == nullptr) {
    // What was no text may be text after a truncation.
    if (shrank) file.undecided = true;
    return false;
  }
  Generation& generation = *file.generation;
  if (file.gzip) {
    if (shrank) {
      release(file);
      file.undecided = true;
    }
    return shrank;
  }
  const core::Mark& mark = generation.file == &file ? generation.read.mark : generation.acked.mark;
  const auto holds = file_holds(file, generation, mark);
  if (!holds.ok()) {
    file.problem = base::message_of(holds.status());
    return false;
  }
  // A copy does not shrink; where it did, it is being made anew, of something else.
  const bool same = *holds && !(shrank && generation.file != &file);
  if (same) {
    generation.finished = false;
    generation.known_bytes = std::max(generation.known_bytes, file.stat.bytes);
    return false;
  }
  base::log_info("file was truncated or replaced path={} offset={} bytes={}", file.path, mark.offset, file.stat.bytes);
  release(file);
  file.undecided = true;
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
  release(*file);
  file->undecided = true;
  file->exhausted = false;
  file->changed_at = clock_.monotonic();
}

void FileTable::read_failed(Generation& generation, const base::Status& status) {
  if (generation.file == nullptr) return;
  generation.file->problem = base::message_of(status);
  generation.file->exhausted = true;
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
    dirty = true;
    return;
  }
  if (generation.known_bytes > generation.read.mark.offset) {
    generation.missing_since = clock_.monotonic();
  } else if (generation.gone_since.value == 0) {
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
    file.problem = base::message_of(status);
    return status;
  }
  file.problem.clear();
  file.file = *std::move(opened);
  ++open_files_;
  return base::ok_status();
}

void FileTable::ensure_content(FollowedFile& file) {
  if (file.content != nullptr) return;
  file.content = file.gzip ? make_gzip_content(*file.file) : make_plain_content(*file.file);
}

void FileTable::close(FollowedFile& file) {
  file.content.reset();
  if (file.file != nullptr) --open_files_;
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
  if (generation.file != nullptr) generation.file->exhausted = false;
  dirty = true;
}

// --- ends ---------------------------------------------------------------------------------------------------------

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
  if (generation.file == nullptr) return generation.missing_since.has_value();
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
  // The old file of an atomic replace is read: go on in the new one.
  if (!file.linked && !generation->copies.empty() && file.waiting_bytes == 0) {
    close(file);
    return;
  }
  if (!generation->finished && ended(*generation)) {
    if (file.waiting_bytes > 0) {
      file.exhausted = false;  // the rest without newline is cut now
      return;
    }
    generation->finished = true;
    generation->finished_file_bytes = file.stat.bytes;
    generation->finished_file_modified = file.stat.modified;
    dirty = true;
  }
  if (file.gzip && file.content != nullptr && !file.content->end().complete && is_quiet(file)) {
    file.problem = file.content->end().reason;
    file.content.reset();  // its window; look_at() begins again when the file changes
  }
  const base::nanoseconds unchanged = clock_.monotonic() - file.changed_at;
  if (generation->finished && (file.linked || unchanged >= options_.deleted_quiet_period)) close(file);
}

void FileTable::drop_old_generations() {
  const base::UnixNanos now = clock_.now();
  for (auto it = generations_.begin(); it != generations_.end();) {
    Generation& generation = *it->second;
    const bool gone = generation.file == nullptr && generation.copies.empty() && generation.slices_on_way == 0 &&
                      !generation.missing_since.has_value();
    if (gone && generation.gone_since.value == 0) {
      generation.gone_since = now;
      dirty = true;
    }
    if (gone && now - generation.gone_since > kGoneMemory) {
      unindex(generation);
      it = generations_.erase(it);
      dirty = true;
    } else {
      ++it;
    }
  }
}

bool FileTable::all_decided() const {
  return std::all_of(by_key_.begin(), by_key_.end(), [](const auto& entry) {
    const FollowedFile& file = *entry.second;
    return !file.undecided || file.stat.bytes == 0 || !file.problem.empty();
  });
}

bool FileTable::caught_up() const {
  for (const auto& [id, generation] : generations_) {
    if (generation->missing_since.has_value()) return false;
    const FollowedFile* file = generation->file;
    if (file == nullptr || !file->problem.empty()) continue;
    if (!file->exhausted || generation->acked.mark.offset != generation->read.mark.offset) return false;
    if (file->waiting_bytes > 0 && is_superseded(*file)) return false;
  }
  return true;
}

void FileTable::all_saved() {
  for (auto& [id, generation] : generations_) generation->saved = true;
}

void FileTable::add_to_status(AgentStatus& status) const {
  for (const Problem& problem : scan_problems_) status.problems.push_back({problem.path, problem.reason});
  for (const auto& [key, file] : by_key_) {
    if (!file->problem.empty()) status.problems.push_back({file->path, file->problem});
    if (!file->skip_reason.empty()) {
      status.skipped.push_back({file->path, file->skip_reason});
    } else if (file->linked) {
      ++status.files;
    }
  }
  for (const auto& [id, generation] : generations_) {
    status.bytes_acked_total +=
        generation->acked.mark.offset - std::min(generation->acked.mark.offset, generation->info.base.offset);
    const FollowedFile* file = generation->file;
    if (file != nullptr || !generation->copies.empty() || generation->missing_since.has_value()) ++status.generations;
    std::uint64_t end = std::max(generation->read.mark.offset, generation->known_bytes);
    if (file != nullptr && !file->gzip) end = std::max(end, file->stat.bytes);
    if (!generation->finished && end > generation->acked.mark.offset) {
      status.bytes_waiting += end - generation->acked.mark.offset;
    }
  }
}

}  // namespace cordwood::agent
