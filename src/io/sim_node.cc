#include "io/sim_node.h"

#include <algorithm>
#include <utility>

namespace cordwood::io {
namespace {

// What a disk writes whole or not at all.
constexpr std::size_t kSectorBytes = 512;

using Entries = std::map<std::string, std::shared_ptr<SimNode>>;

// Also right when an earlier change was lost: a name that does not mean this node any more is left alone.
void apply_change(const EntryChange& change, Entries& entries) {
  if (!change.remove.empty()) {
    const auto it = entries.find(change.remove);
    if (it != entries.end() && it->second == change.node) entries.erase(it);
  }
  if (!change.add.empty()) entries[change.add] = change.node;
}

// Zeros about one of `one_in` sectors of data[begin, end).
void lose_sectors(std::string& data, std::size_t begin, std::size_t end, std::uint64_t one_in,
                  std::mt19937_64& random) {
  end = std::min(end, data.size());
  while (begin < end) {
    const std::size_t next = std::min(end, (begin / kSectorBytes + 1) * kSectorBytes);
    if (random() % one_in == 0)
      std::fill(data.begin() + static_cast<std::ptrdiff_t>(begin), data.begin() + static_cast<std::ptrdiff_t>(next),
                '\0');
    begin = next;
  }
}

}  // namespace

void SimNode::write_file(std::size_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t end = offset + bytes.size();
  keep_before(offset, end);
  forget_never_written(offset, end);
  if (data.size() < end) data.resize(end);
  std::copy(bytes.begin(), bytes.end(), data.begin() + static_cast<std::ptrdiff_t>(offset));
}

void SimNode::keep_before(std::size_t offset, std::size_t end) {
  for (std::size_t at = offset / kSectorBytes * kSectorBytes; at < std::min(end, synced_bytes); at += kSectorBytes) {
    const auto [found, is_new] = overwritten.try_emplace(at);
    found->second.never_written = false;
    if (!is_new) continue;
    std::string& before = found->second.before;
    before = data.substr(at, std::min(kSectorBytes, synced_bytes - at));
    // What the disk has of bytes whose sync failed is not known: the worst.
    for (const Range& range : never_written) {
      for (std::size_t i = std::max(range.begin, at); i < std::min(range.end, at + before.size()); ++i) {
        before[i - at] = '\0';
      }
    }
  }
}

void SimNode::forget_never_written(std::size_t begin, std::size_t end) {
  std::vector<Range> left;
  for (const Range& range : never_written) {
    if (range.begin < begin) left.push_back({range.begin, std::min(range.end, begin)});
    if (range.end > end) left.push_back({std::max(range.begin, end), range.end});
  }
  never_written = std::move(left);
}

void SimNode::truncate_file(std::size_t bytes) {
  if (bytes < synced_bytes) {
    std::string on_disk = data.substr(0, synced_bytes);
    for (const auto& [at, sector] : overwritten) on_disk.replace(at, sector.before.size(), sector.before);
    synced_tail.insert(0, on_disk, bytes, synced_bytes - bytes);
    synced_bytes = bytes;
    overwritten.erase(overwritten.lower_bound(bytes), overwritten.end());
    if (!overwritten.empty()) {
      auto& [at, last] = *overwritten.rbegin();
      last.before.resize(std::min(last.before.size(), bytes - at));
    }
  }
  data.resize(bytes);
  for (Range& range : never_written) range.end = std::min(range.end, bytes);
  std::erase_if(never_written, [](const Range& range) { return range.begin >= range.end; });
}

void SimNode::sync_file() {
  synced_bytes = data.size();
  synced_tail.clear();
  std::erase_if(overwritten, [](const auto& sector) { return !sector.second.never_written; });
}

void SimNode::fail_sync_file() {
  if (synced_bytes < data.size()) never_written.push_back({synced_bytes, data.size()});
  for (auto& [at, sector] : overwritten) sector.never_written = true;
}

void SimNode::change_entries(EntryChange change) {
  apply_change(change, entries);
  unsynced.push_back(std::move(change));
}

void SimNode::sync_entries() {
  for (const EntryChange& change : unsynced) apply_change(change, synced_entries);
  unsynced.clear();
}

void SimNode::crash(std::mt19937_64& random) {
  if (!is_directory) {
    crash_file(random);
    return;
  }
  crash_entries(random);
  for (auto& [name, node] : entries) node->crash(random);
}

void SimNode::crash_file(std::mt19937_64& random) {
  const auto restore = [this](std::size_t at, const Overwritten& sector) {
    data.replace(at, sector.before.size(), sector.before);
  };
  const bool dirty = std::any_of(overwritten.begin(), overwritten.end(),
                                 [](const auto& sector) { return !sector.second.never_written; });
  const bool clean = synced_bytes == data.size() && synced_tail.empty() && !dirty;
  if (!clean) {
    switch (random() % 3) {
      case 0:  // nothing since the last sync reached the disk
        data.resize(synced_bytes);
        for (const auto& [at, sector] : overwritten) {
          if (!sector.never_written) restore(at, sector);
        }
        data += synced_tail;
        break;
      case 1:  // all of it did
        break;
      default: {  // some of it did
        data.resize(synced_bytes + random() % (data.size() - synced_bytes + 1));
        lose_sectors(data, synced_bytes, data.size(), 4, random);
        for (const auto& [at, sector] : overwritten) {
          if (!sector.never_written && random() % 2 == 0) restore(at, sector);
        }
      }
    }
  }
  for (const auto& [at, sector] : overwritten) {
    if (sector.never_written && random() % 2 == 0) restore(at, sector);
  }
  overwritten.clear();
  for (const Range& range : never_written) lose_sectors(data, range.begin, range.end, 2, random);
  never_written.clear();
  sync_file();
}

void SimNode::crash_entries(std::mt19937_64& random) {
  // Journalling file systems keep a prefix of the changes, others any subset.
  const bool any_subset = random() % 2 == 0;
  const std::size_t kept = random() % (unsynced.size() + 1);
  for (std::size_t i = 0; i < unsynced.size(); ++i) {
    if (any_subset ? random() % 2 == 0 : i < kept) apply_change(unsynced[i], synced_entries);
  }
  unsynced.clear();
  entries = synced_entries;
}

std::uint64_t SimNode::bytes_below() const {
  if (!is_directory) return std::max<std::uint64_t>(data.size(), reserved_bytes);
  std::uint64_t sum = 0;
  for (const auto& [name, node] : entries) sum += node->bytes_below();
  return sum;
}

}  // namespace cordwood::io
