// A file or directory of SimFiles, and what a power cut does to it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/time.h"

namespace cordwood::io {

struct SimNode;

// A change of a directory that is not synced yet. A rename inside one directory is one change, so it happens wholly or
// not at all; across two directories it is one change in each.
struct EntryChange {
  std::string remove;  // empty: nothing
  std::string add;     // empty: nothing
  std::shared_ptr<SimNode> node;
};

struct SimNode {
  bool is_directory = false;
  std::uint64_t inode = 0;
  base::UnixNanos modified;

  // --- a file. The disk holds data[0, synced_bytes), with what was there before in sectors that were overwritten
  // since, followed by synced_tail; programs see `data`.
  std::string data;
  std::size_t synced_bytes = 0;
  std::string synced_tail;  // cut off by a truncate that is not synced yet
  std::uint64_t reserved_bytes = 0;
  // Bytes whose sync failed: the kernel calls them clean, so no later sync writes them (fsyncgate).
  struct Range {
    std::size_t begin;
    std::size_t end;
  };
  std::vector<Range> never_written;
  // Overwritten sectors below synced_bytes, by their first byte.
  struct Overwritten {
    std::string before;          // what the disk holds
    bool never_written = false;  // as above, until they are written again
  };
  std::map<std::size_t, Overwritten> overwritten;

  // --- a directory
  std::map<std::string, std::shared_ptr<SimNode>> entries;
  std::map<std::string, std::shared_ptr<SimNode>> synced_entries;
  std::vector<EntryChange> unsynced;

  void write_file(std::size_t offset, std::string_view bytes);
  void truncate_file(std::size_t bytes);
  void sync_file();
  void fail_sync_file();
  void change_entries(EntryChange change);
  void sync_entries();
  // Of this node and all below it.
  void crash(std::mt19937_64& random);
  std::uint64_t bytes_below() const;

 private:
  void keep_before(std::size_t offset, std::size_t end);
  void forget_never_written(std::size_t begin, std::size_t end);
  void crash_file(std::mt19937_64& random);
  void crash_entries(std::mt19937_64& random);
};

}  // namespace cordwood::io
