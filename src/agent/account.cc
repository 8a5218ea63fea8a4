// FileTable, the part that gives account: what is seen, stored, waiting and lost, and up to which time nothing is
// missing.
#include <algorithm>

#include "agent/file_table.h"
#include "base/hash.h"

namespace cordwood::agent {

bool FileTable::all_decided() const {
  return std::all_of(by_key_.begin(), by_key_.end(), [](const auto& entry) {
    const FollowedFile& file = *entry.second;
    return !file.undecided || file.stat.bytes == 0 || !file.problem.empty();
  });
}

bool FileTable::caught_up() const {
  for (const auto& [id, generation] : generations_) {
    const FollowedFile* file = generation->file;
    if (file == nullptr && has_unread(*generation)) return false;
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
    const Figures figures = figures_of(*generation);
    status.ledger.seen += figures.seen;
    status.ledger.acked += figures.acked;
    status.ledger.pending += figures.pending;
    status.add_losses(generation->info, generation->losses);
    status.bytes_acked_total +=
        generation->acked.mark.offset - std::min(generation->acked.mark.offset, generation->info.base.offset);
    const FollowedFile* file = generation->file;
    if (file != nullptr || !generation->copies.empty() || has_unread(*generation)) ++status.generations;
    std::uint64_t end = std::max(generation->read.mark.offset, generation->known_bytes);
    if (file != nullptr && !file->gzip) end = std::max(end, file->stat.bytes);
    if (!generation->finished && end > generation->acked.mark.offset) {
      status.bytes_waiting += end - generation->acked.mark.offset;
    }
  }
}

// --- the ledger ---------------------------------------------------------------------------------------------------

bool FileTable::is_unreadable(const Generation& generation) const {
  return generation.late || (generation.file != nullptr && generation.file->unreadable && !generation.finished);
}

// Up to where nothing needs to be waited for: a line that does not end is not waited for long.
std::uint64_t FileTable::accounted(const Generation& generation) const {
  const std::uint64_t acked = generation.acked.mark.offset;
  const FollowedFile* file = generation.file;
  if (file == nullptr || !file->exhausted || file->waiting_bytes == 0 || file->waiting_from != acked) return acked;
  if (clock_.monotonic() - file->waiting_since < options_.pending_patience) return acked;
  return acked + file->waiting_bytes;
}

FileTable::Figures FileTable::figures_of(const Generation& generation) const {
  Figures figures;
  const std::uint64_t acked = generation.acked.mark.offset;
  const FollowedFile* file = generation.file;
  figures.seen = std::max({acked, generation.read.mark.offset, generation.known_bytes});
  if (generation.finished) {
    figures.state = core::GenerationState::kFinished;
    figures.acked = figures.seen;
    return figures;
  }
  figures.acked = acked;
  figures.state = core::GenerationState::kMissing;
  if (file == nullptr) return figures;
  figures.state = is_superseded(*file) ? core::GenerationState::kRotated : core::GenerationState::kLive;
  if (!file->gzip) figures.seen = std::max(figures.seen, file->stat.bytes);
  if (file->exhausted && file->waiting_from == acked) {
    figures.pending = std::min(file->waiting_bytes, figures.seen - figures.acked);
  }
  return figures;
}

std::uint64_t entry_fingerprint(const std::array<std::uint64_t, 6>& figures, std::string_view problem,
                                const std::vector<core::Loss>& losses) {
  const auto add = [](std::uint64_t hash, const auto& values) {
    return hash * 31 + base::hash64(std::string_view(reinterpret_cast<const char*>(values.data()), sizeof values));
  };
  std::uint64_t hash = add(1, figures);
  if (!problem.empty()) hash = hash * 31 + base::hash64(problem);
  for (const core::Loss& loss : losses) {
    const auto flags = static_cast<std::uint64_t>(loss.reason) * 2 + (loss.exact ? 1 : 0);
    hash = add(hash, std::array<std::uint64_t, 5>{loss.begin, loss.at_least, flags,
                                                  static_cast<std::uint64_t>(loss.since.value),
                                                  static_cast<std::uint64_t>(loss.until.value)});
  }
  return hash | 1;
}

std::uint64_t FileTable::fingerprint_of(const Generation& generation) const {
  const Figures figures = figures_of(generation);
  const bool unreadable = is_unreadable(generation);
  std::string_view problem;
  if (unreadable) problem = generation.late ? std::string_view("late") : std::string_view(generation.file->problem);
  return entry_fingerprint(
      {static_cast<std::uint64_t>(figures.state), figures.seen, figures.acked, figures.pending,
       static_cast<std::uint64_t>(generation.last_write.value), static_cast<std::uint64_t>(generation.last_read.value)},
      problem, generation.losses);
}

void FileTable::forget_told() {
  for (auto& [id, generation] : generations_) {
    generation->told = 0;
    generation->heard = false;
  }
  // Who is not named in a whole account is gone.
  forgotten_.clear();
}

std::vector<core::GenerationId> FileTable::take_forgotten(std::size_t max) {
  const std::size_t count = std::min(max, forgotten_.size());
  std::vector<core::GenerationId> taken(forgotten_.end() - static_cast<std::ptrdiff_t>(count), forgotten_.end());
  forgotten_.resize(forgotten_.size() - count);
  return taken;
}

bool FileTable::may_be_sent(const Generation& generation) const {
  return generation.saved && (generation.introduced || !introduces || clock_.monotonic() >= generation.introduce_by);
}

core::LedgerEntry FileTable::entry_of(const Generation& generation) const {
  core::LedgerEntry entry;
  entry.generation = generation.info.id.generation;
  entry.path = generation.info.path;
  entry.labels = generation.info.labels;
  const Figures figures = figures_of(generation);
  entry.state = figures.state;
  entry.seen = figures.seen;
  entry.acked = figures.acked;
  entry.pending = figures.pending;
  if (is_unreadable(generation)) {
    entry.problem = generation.file != nullptr && generation.file->unreadable
                        ? generation.file->problem
                        : "could not be read; what was written then is coming";
  }
  entry.last_write = generation.last_write;
  entry.last_read = generation.last_read;
  entry.losses = generation.losses;
  return entry;
}

core::LedgerEntry FileTable::unreadable_entry(const std::string& path, const std::string& live,
                                              const std::string& problem) const {
  core::LedgerEntry entry;
  // The same in each run, so that the server sees one entry, not many.
  entry.generation = {base::hash128("unreadable\n" + options_.host + "\n" + path)};
  entry.path = live;
  entry.labels = labels_of(live);
  entry.problem = problem;
  return entry;
}

std::vector<std::string> FileTable::unreadable_paths() const {
  std::vector<std::string> paths;
  for (const auto& [key, file] : by_key_) {
    if (file->late && file->generation == nullptr && file->linked) paths.push_back(file->path);
  }
  return paths;
}

std::vector<core::LedgerEntry> FileTable::unreadable_entries() const {
  std::vector<core::LedgerEntry> entries;
  for (const auto& [key, file] : by_key_) {
    if (file->generation != nullptr || !file->undecided || !file->unreadable || !file->linked) continue;
    core::LedgerEntry& entry = entries.emplace_back(unreadable_entry(file->path, file->name.live, file->problem));
    entry.seen = file->stat.bytes;
    entry.last_write = file->stat.modified;
  }
  for (const Problem& problem : scan_problems_) {
    if (problem.unreadable) entries.push_back(unreadable_entry(problem.path, problem.path, problem.reason));
  }
  return entries;
}

// --- the watermark ------------------------------------------------------------------------------------------------

base::UnixNanos FileTable::watermark_of(const Generation& generation) const {
  const std::uint64_t end = accounted(generation);
  const FollowedFile* file = generation.file;
  if (file == nullptr || file->gzip) return generation.looks.latest(end);
  if (end >= std::max(generation.known_bytes, file->stat.bytes)) return as_of(*file);
  return generation.looks.latest(end);
}

base::UnixNanos FileTable::watermark() const {
  base::UnixNanos watermark = names_known_;
  for (const auto& [key, file] : by_key_) {
    if (file->generation != nullptr || !file->undecided || file->unreadable) continue;
    watermark = std::min(watermark, file->stat.bytes == 0 ? as_of(*file) : file->clear_until);
  }
  for (const auto& [id, generation] : generations_) {
    if (generation->finished || is_unreadable(*generation)) continue;
    // A copy of what was cut may still turn up; until then all that may be missing is told as a loss.
    if (generation->file == nullptr && generation->cut && accounted(*generation) >= generation->known_bytes) continue;
    watermark = std::min(watermark, watermark_of(*generation));
  }
  return watermark;
}

}  // namespace cordwood::agent
