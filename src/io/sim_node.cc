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

void SimNode::truncate_file(std::size_t bytes) {
  if (bytes < synced_bytes) {
    synced_tail.insert(0, data, bytes, synced_bytes - bytes);
    synced_bytes = bytes;
  }
  data.resize(bytes);
  for (Range& range : never_written) range.end = std::min(range.end, bytes);
  std::erase_if(never_written, [](const Range& range) { return range.begin >= range.end; });
}

void SimNode::sync_file() {
  synced_bytes = data.size();
  synced_tail.clear();
}

void SimNode::fail_sync_file() {
  if (synced_bytes < data.size()) never_written.push_back({synced_bytes, data.size()});
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
  const bool clean = synced_bytes == data.size() && synced_tail.empty();
  if (!clean) {
    switch (random() % 3) {
      case 0:  // nothing since the last sync reached the disk
        data.resize(synced_bytes);
        data += synced_tail;
        break;
      case 1:  // all of it did
        break;
      default: {  // some of it did
        data.resize(synced_bytes + random() % (data.size() - synced_bytes + 1));
        lose_sectors(data, synced_bytes, data.size(), 4, random);
      }
    }
  }
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
